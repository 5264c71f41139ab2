/** Which mutant is awake: its number, or 0 for the code as it is. Every mutated source imports this, and asks it where it is mutated. */
export let mutant = 0;

const thresholds = [];

/** Sets a threshold at the top of a file, now and whenever another mutant wakes: such a line would else run once for all. */
export function onWake(set) {
  thresholds.push(set);
  set();
}

/** Wakes one mutant, and puts the one before to sleep. */
export function wake(number) {
  mutant = number;
  for (const set of thresholds) set();
}
