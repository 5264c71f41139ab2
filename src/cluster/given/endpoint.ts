/** `192.168.1.100:80`, `[2001:db8::100]:80`: an address with its port, as ipvsadm writes them. */
import { errorAt, type Place } from './place.ts';
import { quoted } from './printed.ts';
import { ipOrNull } from './read-address.ts';

export interface Endpoint {
  /** Canonical text; any use, also loopback. */
  readonly ip: string;
  /** 0 to 65535; null when the text has none. */
  readonly port: number | null;
}

/** @throws UsageError naming `place`, when `text` is no endpoint: a host or service name, a port out of range. */
export function readEndpoint(text: string, place: Place): Endpoint {
  const match = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? (ipOrNull(text) === null ? /^([^:]*)(?::(.*))?$/.exec(text) : null);
  const ip = ipOrNull(match?.[1] ?? text);
  if (ip === null) {
    throw errorAt(
      place,
      `${quoted(text)} is no IP address with a port; list addresses instead of names with "ipvsadm-save -n" or "ipvsadm -Ln".`,
    );
  }
  const port = match?.[2];
  return { ip, port: port === undefined ? null : readPort(port, place) };
}

/** A port from 0 (any) to 65535. @throws UsageError naming `place`. */
export function readPort(text: string, place: Place): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw errorAt(place, `${quoted(text)} is no port; a number from 0 (any port) to 65535 is expected.`);
}

/** A whole number from 0 to `most`. @throws UsageError naming `place`; `what` is the subject of the sentence. */
export function readNumber(text: string, most: number, place: Place, what: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw errorAt(place, `${what} reads ${quoted(text)}, but a whole number from 0 to ${most} is expected.`);
}
