/** What a diagnosis says of each of several captures. */
import { basename } from 'node:path';
import type { CaptureInfo } from '../capture/frame.ts';
import { timeText } from '../cluster/time-text.ts';
import type { CaptureSummary } from '../diagnosis.ts';
import type { Points } from './read-points.ts';

/**
 * The captures, in their order.
 * @param places where each was taken
 * @param summarize what is said of a capture that is read alone, but for its times and its clock
 */
export function summarizePoints(
  { captures, baseSeconds }: Points,
  places: readonly (string | null)[],
  summarize: (info: CaptureInfo, name: string, point: string | null) => Omit<CaptureSummary, 'first' | 'last' | 'clockOffset'>,
): CaptureSummary[] {
  const names = namesOf(captures.map((capture) => capture.name));
  const timeOf = (at: number) => {
    const whole = Math.round(at);
    const seconds = Math.floor(whole / 1e9);
    return timeText(baseSeconds + seconds, whole - seconds * 1e9);
  };
  return captures.map(({ survey, clock, part, span }, i) => {
    const isCompared = clock.group === 0;
    return {
      ...summarize(survey.info, names[i]!, places[i]!),
      first: span === null ? null : timeOf(span.from),
      last: span === null ? null : timeOf(span.until),
      clockOffset: isCompared && span !== null ? round((survey.span!.first - span.from) / 1e9, 9) : null,
      clock: isCompared
        ? {
            reference: names[clock.reference]!,
            driftPpm: round((1 / clock.rate - 1) * 1e6, 3),
            uncertainty: round(clock.uncertainty / 1e9, 9),
            sharedFrames: clock.shared,
          }
        : null,
      part,
      disordered: survey.disordered,
    };
  });
}

/** Names to tell captures by: the last part of their path, where no other has the same. */
function namesOf(paths: readonly string[]): string[] {
  const last = paths.map((path) => basename(path));
  return paths.map((path, i) => (last.filter((name) => name === last[i]).length === 1 ? last[i]! : path));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
