/** The links among findings are looked up, not compared each with each: what comes of it must be the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Machine } from '../../src/cluster/cluster.ts';
import { Causality, type Linked } from '../../src/rules/causality.ts';
import { CAUSES } from '../../src/rules/causes.ts';

const MACHINES: readonly Machine[] = ['a', 'b', 'c'].map((name) => ({ name, ips: [], macs: [], isVirtual: false }));
const RULES = [...new Set(CAUSES.flatMap(({ cause, effect }) => [cause, effect]))];

const findings = fc.array(
  fc.record({ rule: fc.constantFrom(...RULES), ip: fc.constantFrom('192.0.2.1', '192.0.2.2'), culprits: fc.subarray([...MACHINES]) }),
  { maxLength: 40 },
);

const linked = ({ rule, ip, culprits }: { rule: string; ip: string; culprits: Machine[] }): Linked => ({
  rule: { name: rule },
  subject: { ip },
  fault: { culprits },
});

function links(cause: Linked, effect: Linked) {
  return CAUSES.filter(
    (link) =>
      link.cause === cause.rule.name &&
      link.effect === effect.rule.name &&
      cause.subject.ip === effect.subject.ip &&
      (link.join === 'vip' || cause.fault.culprits.some((machine) => effect.fault.culprits.includes(machine))),
  );
}

test('causes are those that a comparison of each with each finds, in the order given', () => {
  fc.assert(
    fc.property(findings, (made) => {
      const found = made.map(linked);
      const causality = new Causality(found);
      for (const f of found) {
        expect(causality.causesOf(f)).toEqual(found.filter((other) => links(other, f).length > 0));
        expect(causality.isHidden(f)).toBe(found.some((other) => links(other, f).some(({ hides }) => hides)));
      }
    }),
  );
});

test('each finding is told once, after all of its causes, and at once after the last of them', () => {
  fc.assert(
    fc.property(findings, (made) => {
      const found = made.map(linked);
      const causality = new Causality(found);
      const told = causality.told();
      expect(new Set(told)).toEqual(new Set(found));
      expect(told).toHaveLength(found.length);
      const place = new Map(told.map((f, i) => [f, i]));
      const causesOf = new Map(told.map((f) => [f, causality.causesOf(f)]));
      for (const f of told) for (const cause of causesOf.get(f)!) expect(place.get(cause)!).toBeLessThan(place.get(f)!);
      // Nothing that no other explains comes between a cause and an effect that waits for no other.
      for (const [i, f] of told.entries()) {
        const [only, ...more] = causesOf.get(f)!;
        if (only === undefined || more.length > 0) continue;
        const between = told.slice(place.get(only)! + 1, i);
        expect(between.every((other) => causesOf.get(other)!.length > 0)).toBe(true);
      }
      const roots = told.filter((f) => causesOf.get(f)!.length === 0);
      expect(roots).toEqual(found.filter((f) => roots.includes(f)));
    }),
  );
});
