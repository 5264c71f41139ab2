/** Times of a diagnosis (UTC, nanoseconds, `2026-11-20T08:52:01.123456789Z`) as a person reads them beside a frame. */

/** Nanoseconds since 1970; null for anything that is no time of a diagnosis. */
export function nanosecondsOf(time: string): bigint | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`);
  if (Number.isNaN(milliseconds)) return null;
  return BigInt(milliseconds) * 1_000_000n + BigInt((match?.[2] ?? '').padEnd(9, '0'));
}

/** Seconds from `start` to `time` with microseconds, `+0.000521`; '' when either is not known. */
export function since(start: string | null, time: string): string {
  const from = start === null ? null : nanosecondsOf(start);
  const to = nanosecondsOf(time);
  if (from === null || to === null) return '';
  const microseconds = (to - from) / 1000n;
  const size = microseconds < 0n ? -microseconds : microseconds;
  return `${microseconds < 0n ? '-' : '+'}${size / 1_000_000n}.${(size % 1_000_000n).toString().padStart(6, '0')}`;
}

/** A duration in the unit a person would choose: '0.52 s', '14 min', '3.1 h'; '' when either end is not known. */
export function duration(start: string | null, end: string | null): string {
  const from = start === null ? null : nanosecondsOf(start);
  const to = end === null ? null : nanosecondsOf(end);
  if (from === null || to === null) return '';
  const seconds = Number(to - from) / 1e9;
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Number((seconds / 3600).toPrecision(3))} h`;
}

/** '2026-11-20 08:52:01 UTC'. */
export function clock(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC');
}

/** The time of the first frame of all captures; null when there is none. */
export function startOf({ captures }: { readonly captures: readonly { readonly first: string | null }[] }): string | null {
  return (
    captures
      .map(({ first }) => first)
      .filter((first) => first !== null)
      .sort()[0] ?? null
  );
}
