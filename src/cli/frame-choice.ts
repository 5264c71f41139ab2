/** --since, --until, --client and --filter: which frames of long captures are judged. */
import { canonicalIp } from '../decoders/address.ts';
import type { FrameChoice, Moment } from '../frame-choice.ts';
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import type { ChoiceOptions } from './options.ts';

/**
 * The choice that was typed.
 * @param mapped what an address is called with --anonymize; null without it
 * @throws UsageError for what is no time, no address, or cannot be combined
 */
export async function frameChoice(options: ChoiceOptions, mapped: ((address: string) => string) | null): Promise<FrameChoice> {
  const { since, until, client, filter } = options;
  if (mapped !== null && filter !== undefined) {
    throw new UsageError(
      '--filter names addresses that --anonymize replaces before frames are chosen; save the frames first with tcpdump -r FILE -w CHOSEN FILTER.',
    );
  }
  const { FrameChoice } = await import('../frame-choice.ts');
  const ip = client === undefined ? null : clientOf(client);
  const typed = Object.entries({ since, until, client, filter }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${name === 'client' && mapped !== null ? mapped(ip!) : value}`],
  );
  return new FrameChoice({
    since: since === undefined ? null : momentOf('--since', since),
    until: until === undefined ? null : momentOf('--until', until),
    client: ip === null || mapped === null ? ip : mapped(ip),
    filter: filter ?? null,
    typed: typed.join(' '),
  });
}

/** @throws UsageError when it is no IP address */
export function clientOf(text: string): string {
  const ip = canonicalIp(text);
  if (ip !== null) return ip;
  throw new UsageError(`--client ${printable(text)} is no IP address; give one such as 192.168.1.7 or 2001:db8::7.`);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9 };

/** `90`, `1.5s`, `2m30s`, `1h` since the first frame; or a time, UTC unless it says otherwise: `2026-11-20T09:05:30.25Z`. */
export function momentOf(option: string, text: string): Moment {
  const plain = /^\+?(\d+(?:\.\d+)?)$/.exec(text);
  if (plain !== null) return { offset: Math.round(Number(plain[1]) * 1e9) };
  if (/^\+?(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
    return { offset: Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0)) };
  }
  const time = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (time !== null) {
    const [, day, clock, fraction = '', zone = 'Z'] = time;
    const ms = Date.parse(`${day}T${clock!.length === 5 ? `${clock}:00` : clock}${zone}`);
    if (!Number.isNaN(ms)) return { seconds: ms / 1000, nanoseconds: Number(fraction.padEnd(9, '0')) };
  }
  throw new UsageError(
    `${option} ${printable(text)} is no time; expected one such as 2026-11-20T09:05:30Z, or since the first frame 90, 1.5s or 2m30s.`,
  );
}
