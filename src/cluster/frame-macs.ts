/** The link-layer ends of frames that facts remember: from whom to whom a frame went that a finding cites, without reading it again. */
import { isGroupMac } from '../correlation/edges.ts';
import type { FrameRef } from '../correlation/frame-ref.ts';
import type { Mac, Observations } from './observations.ts';

export interface FrameMacs {
  /** Empty where facts do not say. */
  readonly source: Mac;
  /** Empty where facts do not say; so for questions and adverts to a group, of which only the sender is remembered. */
  readonly destination: Mac;
}

/** The ends of the wanted frames, by their numbers, which also tell the capture; a frame that no fact remembers is missing. */
export function macsOfFrames(o: Observations, wanted: ReadonlySet<number>): Map<number, FrameMacs> {
  const found = new Map<number, FrameMacs>();
  if (wanted.size === 0) return found;
  const note = (ref: FrameRef, source: Mac, destination: Mac) => {
    if (!wanted.has(ref.frame)) return;
    const known = found.get(ref.frame);
    found.set(ref.frame, { source: known?.source || source, destination: known?.destination || destination });
  };
  for (const path of o.paths) {
    for (const { frames } of path.examples) {
      for (const [i, ref] of frames.entries()) {
        const step = path.steps[i];
        if (step !== undefined) note(ref, step.source, step.destination);
      }
    }
  }
  for (const { first, last, source, destination } of o.passages) {
    note(first, source, destination);
    note(last, source, destination);
  }
  for (const { ref, source, destination } of o.redirects) note(ref, source, destination);
  for (const { at, mac } of o.syncSenders) note(at, mac, '');
  for (const { changes, senders } of o.vrrpGroups) {
    for (const { ref, sender } of changes) note(ref, sender.mac, '');
    for (const { first, last, mac } of senders) for (const ref of [first, last]) note(ref, mac, '');
  }
  noteClaims(o, wanted, note);
  return found;
}

function noteClaims(o: Observations, wanted: ReadonlySet<number>, note: (ref: FrameRef, source: Mac, destination: Mac) => void): void {
  const { messages, askings } = o.facts.claims;
  const cited: number[] = [];
  for (const message of messages) if (wanted.has(messages.frame(message))) cited.push(message);
  const isQuestion = (message: number) => messages.kind(message) === 'question';
  // A frame that asks and claims at once was sent by whom its claim says: a question is known by the MAC that it gives for the asker.
  for (const message of [...cited.filter((m) => !isQuestion(m)), ...cited.filter(isQuestion)]) {
    const to = messages.to(message);
    // Of a question to a group, and of an advert, only who sent it is remembered.
    const isToAll = messages.kind(message) === 'vrrp' || (isQuestion(message) && (to === 0 || isGroupMac(to)));
    note(messages.ref(message), o.macOf(messages.sender(message)), isToAll ? '' : o.macOf(to));
  }
  for (let asking = 1; asking <= askings.pairs.count; asking++) {
    const row = askings.longestUnanswered(asking);
    for (const ref of [askings.first(asking), row?.first ?? null, row?.last ?? null]) {
      if (ref !== null && wanted.has(ref.frame)) note(ref, o.macOf(askings.pairs.first[asking]!), '');
    }
  }
}
