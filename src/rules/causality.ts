/** Which finding of a judgement explains which, by the table of causes, and the order in which they are told. */
import type { Machine } from '../cluster/cluster.ts';
import type { Ip } from '../cluster/observations.ts';
import { CAUSES, type CauseLink } from './causes.ts';

/** As much of a finding as links it with others. */
export interface Linked {
  readonly rule: { readonly name: string };
  readonly subject: { readonly ip: Ip };
  readonly fault: { readonly culprits: readonly Machine[] };
}

/** The findings of a rule on an address: all, and those that blame a machine. */
interface Alike {
  readonly all: number[];
  readonly blaming: Map<Machine, number[]>;
}

/** The links among these findings. A capture can be made to hold thousands: they are looked up, never compared each with each. */
export class Causality<F extends Linked> {
  readonly #found: readonly F[];
  readonly #alike = new Map<string, Alike>();

  constructor(found: readonly F[]) {
    this.#found = found;
    for (const [place, f] of found.entries()) {
      const key = keyOf(f.rule.name, f.subject.ip);
      const alike = this.#alike.get(key) ?? { all: [], blaming: new Map<Machine, number[]>() };
      this.#alike.set(key, alike);
      alike.all.push(place);
      for (const machine of f.fault.culprits) {
        const places = alike.blaming.get(machine);
        if (places === undefined) alike.blaming.set(machine, [place]);
        else places.push(place);
      }
    }
  }

  /** The findings that explain this one, in the order given. */
  causesOf(f: F): F[] {
    return this.#linked(f, 'effect', 'cause', CAUSES);
  }

  /** Whether one of its causes leaves nothing to tell of it. */
  isHidden(f: F): boolean {
    const hiding = CAUSES.filter(({ hides }) => hides);
    return this.#linked(f, 'effect', 'cause', hiding).length > 0;
  }

  /**
   * One story after the other: each begins with a finding that no other explains, in the order given, and goes on with what it brought
   * about. A finding of several causes follows the last of them.
   */
  told(): F[] {
    const told: F[] = [];
    const waitsFor = new Map(this.#found.map((f) => [f, this.causesOf(f).length]));
    const tell = (f: F) => {
      told.push(f);
      for (const effect of this.#linked(f, 'cause', 'effect', CAUSES)) {
        const left = waitsFor.get(effect)! - 1;
        waitsFor.set(effect, left);
        if (left === 0) tell(effect);
      }
    };
    const begins = this.#found.filter((f) => waitsFor.get(f) === 0);
    for (const f of begins) tell(f);
    return told;
  }

  /** The findings at one end of the links that have this finding at the other. */
  #linked(f: F, here: 'cause' | 'effect', there: 'cause' | 'effect', links: readonly CauseLink[]): F[] {
    const places = new Set<number>();
    for (const link of links) {
      if (link[here] !== f.rule.name) continue;
      const alike = this.#alike.get(keyOf(link[there], f.subject.ip));
      if (alike === undefined) continue;
      const joined = link.join === 'vip' ? alike.all : f.fault.culprits.flatMap((machine) => alike.blaming.get(machine) ?? []);
      for (const place of joined) places.add(place);
    }
    return [...places].sort((a, b) => a - b).map((place) => this.#found[place]!);
  }
}

function keyOf(rule: string, ip: Ip): string {
  return `${rule}/${ip}`;
}
