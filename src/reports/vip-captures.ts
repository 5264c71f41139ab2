/** Captures for several VIPs: one of a machine shows them all, so nobody needs to take one for each. */
import { addressBlocks } from '../decoders/address-blocks.ts';
import { withoutAddress } from './loops.ts';

const TERM = 'host VIP';
/** So many VIPs stand in a filter as they are. */
const FEW = 8;
/** Tests of a filter: a longer one nobody types, or checks. */
const MOST = 64;

/** A capture's command with `host VIP` for its VIP; the command itself where that is not one of the tests of its filter. */
export function captureForAny(command: string, vip: string | null): string {
  const template = vip === null ? command : withoutAddress(command, vip, 'VIP');
  return template.split(TERM).length === 2 ? template : command;
}

/** The command for these VIPs, one or more, from what `captureForAny` gave; without a filter where it would be too long. */
export function captureForVips(template: string, vips: readonly string[]): string {
  const blocks = vips.length > FEW ? addressBlocks(vips) : vips;
  if (blocks.length > MOST && template.includes(TERM)) return template.replace(/ '[^']*'$/, '');
  const tests = blocks.map((block) => `${block.includes('/') ? 'net' : 'host'} ${block}`);
  return template.replace(TERM, () => tests.join(' or '));
}
