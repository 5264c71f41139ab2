/** The link-layer ends of frames that facts remember: from whom to whom a frame went that a finding cites, without reading it again. */
import type { FrameRef } from '../correlation/frame-ref.ts';
import type { AddressSeen, Mac, Observations } from './observations.ts';

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
  const note = (ref: FrameRef | null, source: Mac, destination: Mac) => {
    if (ref === null || !wanted.has(ref.frame)) return;
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
  for (const ip of o.claimedIps) noteAddress(o.about(ip), note);
  return found;
}

function noteAddress(about: AddressSeen | null, note: (ref: FrameRef | null, source: Mac, destination: Mac) => void): void {
  if (about === null) return;
  const claims = [...about.log, ...about.macs.flatMap(({ events }) => Object.values(events).flat())];
  for (const { ref, sender, to, kind, request } of claims) {
    // Of an advert only who lists the address is remembered.
    note(ref, sender, kind === 'vrrp' ? '' : to);
    if (kind === 'reply') note(request, to, '');
  }
  for (const { request, asker, answers } of about.races) {
    note(request, asker, '');
    for (const { ref, mac } of answers) note(ref, mac, asker);
  }
  for (const { ref, asker, asked } of about.probes) note(ref, asker, asked);
  for (const { ref, mac } of about.detections) note(ref, mac, '');
  for (const { asker, first, last, unanswered } of about.askings) {
    for (const ref of [first, last, unanswered?.first ?? null, unanswered?.last ?? null]) note(ref, asker, '');
  }
}
