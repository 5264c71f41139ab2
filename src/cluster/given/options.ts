/** Roles given by options: `--vip`, `--director`, `--real-server`, `--gateway`, each "IP, MAC or IP=MAC" and repeatable. */
import { parseMac } from '../../decoders/address.ts';
import { type Given, type GivenMachine, type GivenVip, NOTHING_GIVEN } from './given.ts';
import { errorAt, type Place } from './place.ts';
import { quoted } from './printed.ts';
import { ipOrNull, readIp, readMac } from './read-address.ts';

/** The values of each option in the order typed. */
export interface RoleOptions {
  readonly vip?: readonly string[];
  readonly director?: readonly string[];
  readonly realServer?: readonly string[];
  readonly gateway?: readonly string[];
}

/**
 * What the options say. The MAC in `--vip IP=MAC` is the one that should answer for the VIP: a director's.
 * @throws UsageError naming the option and its value.
 */
export function givenFromOptions(options: RoleOptions): Given {
  const directors = readMachines('--director', options.director);
  const vips: GivenVip[] = [];
  for (const value of options.vip ?? []) {
    const place: Place = { file: '--vip', line: null };
    const { ip, mac } = readPair(value, place);
    if (ip === null)
      throw errorAt(place, `${quoted(value)} is a MAC address, but a VIP is an IP address; give the director's MAC with --director.`);
    vips.push({ ip, services: [], where: '--vip' });
    if (mac !== null) directors.push({ name: null, ips: [], macs: [mac], active: 'by-vrrp', where: '--vip' });
  }
  const realServers = readMachines('--real-server', options.realServer);
  const gateways = readMachines('--gateway', options.gateway);
  const used = [
    ['--vip', options.vip],
    ['--director', options.director],
    ['--real-server', options.realServer],
    ['--gateway', options.gateway],
  ] as const;
  const sources = used.filter(([, values]) => values !== undefined && values.length > 0).map(([name]) => name);
  return { ...NOTHING_GIVEN, vips, directors, realServers, gateways, sources };
}

function readMachines(option: string, values: readonly string[] = []): GivenMachine[] {
  return values.map((value) => {
    const { ip, mac } = readPair(value, { file: option, line: null });
    return { name: null, ips: ip === null ? [] : [ip], macs: mac === null ? [] : [mac], active: 'by-vrrp', where: option };
  });
}

function readPair(value: string, place: Place): { ip: string | null; mac: string | null } {
  const [first = '', second, ...more] = value.split('=');
  if (second !== undefined && more.length === 0) {
    return { ip: readIp(first.trim(), place, 'the left side of IP=MAC'), mac: readMac(second.trim(), place, 'the right side of IP=MAC') };
  }
  const text = value.trim();
  if (text.length <= 20 && ipOrNull(text) === null && parseMac(text) !== null)
    return { ip: null, mac: readMac(text, place, 'the MAC address') };
  if (ipOrNull(text) === null && !/^[\d./%[\]:]+$/.test(text)) {
    throw errorAt(
      place,
      `${quoted(value)} is neither an IP address, nor a MAC address, nor IP=MAC; give one of these, such as 192.168.1.2=52:54:00:29:b1:46.`,
    );
  }
  return { ip: readIp(text, place, 'the address'), mac: null };
}
