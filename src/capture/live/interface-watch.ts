/** Looks after an interface from outside, for backends that do not tell that it went down or was removed. */
import { interfaceState, isUpAgain, wentDownForNow } from './interfaces.ts';
import type { BackendRequest } from './live-source.ts';

const INTERVAL_MS = 1000;

export interface InterfaceEnds {
  /** Whether the backend goes on by itself when an interface that was down is up again. */
  readonly survivesDown: boolean;
  /** The interface was removed, or is down and that is the end. */
  ended(): void;
}

/** Tells the notice when the interface went down and when it is up again. Gives the function that ends the watch. */
export function watchInterface({ interface: name, notice }: BackendRequest, { survivesDown, ended }: InterfaceEnds): () => void {
  // A name that the system does not list, such as a second name of an interface, cannot be watched.
  if (interfaceState(name) !== 'up') return () => {};
  let wasDown = false;
  const timer = setInterval(() => {
    const state = interfaceState(name);
    const isDown = state === 'down';
    if (state === 'removed' || (isDown && !survivesDown)) ended();
    else if (isDown && !wasDown) notice(wentDownForNow(name));
    else if (!isDown && wasDown) notice(isUpAgain(name));
    wasDown = isDown;
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}
