/** What the frames that a finding cites hold: every address in them, read by the decoders, for comparing with what the finding says. */
import { emptyFrame, type Frame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { destinationMacOf, formatIp, formatIpv4, formatMac, sourceMacOf } from '../../src/decoders/address.ts';
import { LinkKind, Packet, PacketKind, Transport } from '../../src/decoders/packet.ts';
import { emptyVrrpAdvert, readVrrp } from '../../src/decoders/vrrp.ts';
import type { EvidenceItem, Finding } from '../../src/diagnosis.ts';
import { addressesIn } from './addresses-in.ts';

/** The addresses (MAC, IPv4, IPv6, canonical text) in each frame of a capture: index 0 is frame 1. */
export async function addressesByFrame(path: string): Promise<ReadonlySet<string>[]> {
  const source = await openCapture(path);
  const frame = emptyFrame();
  const frames: ReadonlySet<string>[] = [];
  try {
    do {
      while (source.next(frame)) frames[frame.number - 1] = addressesOf(frame);
    } while (await source.more());
  } finally {
    await source.close();
  }
  return frames;
}

/**
 * What a finding names and its own frames do not show: each address and frame number of its message, each address in a line of its
 * evidence; a sentence for each.
 * @param shownBy the addresses in a cited frame
 */
export function unproved(f: Finding, shownBy: (item: EvidenceItem) => ReadonlySet<string>): string[] {
  const cited = new Set(f.evidence.map((e) => e.frame));
  const shown = new Set(f.evidence.flatMap((e) => [...shownBy(e)]));
  const hidden = (text: string) => addressesIn(text).filter((meanings) => !meanings.some((address) => shown.has(address)));
  const numbers = [...f.message.matchAll(/\bframes? (\d[\d,]*)/g)].map((m) => Number(m[1]!.replaceAll(',', '')));
  return [
    ...hidden(f.message).map(([address]) => `${f.id}: the message names ${address}`),
    ...numbers.filter((frame) => !cited.has(frame)).map((frame) => `${f.id}: the message names frame ${frame}`),
    ...f.evidence.flatMap((e) => hidden(e.says).map(([address]) => `${f.id}: the line of frame ${e.frame} names ${address}`)),
  ];
}

/** The addresses (MAC, IPv4, IPv6, canonical text) in a frame. */
export function addressesOf(frame: Frame): Set<string> {
  const p = new Packet();
  p.decode(frame);
  const { view } = frame;
  const found = new Set<string>();
  if (p.link !== LinkKind.none) found.add(formatMac(sourceMacOf(p.mac1, p.mac2)));
  if (p.link === LinkKind.ethernet) found.add(formatMac(destinationMacOf(p.mac0, p.mac1)));
  if (p.kind === PacketKind.arp) {
    for (const mac of [p.arpSenderMac, p.arpTargetMac]) found.add(formatMac(mac));
    for (const ip of [p.arpSenderIp, p.arpTargetIp]) found.add(formatIpv4(ip));
  }
  if (p.version === 0) return found;
  const version = p.version;
  found.add(formatIp(version, p.source0, p.source1, p.source2, p.source3));
  found.add(formatIp(version, p.destination0, p.destination1, p.destination2, p.destination3));
  if (p.tunnelDepth > 0 && p.tunnelVersion !== 0) {
    found.add(formatIp(p.tunnelVersion, p.tunnelSource0, p.tunnelSource1, p.tunnelSource2, p.tunnelSource3));
    found.add(formatIp(p.tunnelVersion, p.tunnelDestination0, p.tunnelDestination1, p.tunnelDestination2, p.tunnelDestination3));
  }
  if (p.transport === Transport.icmp || p.transport === Transport.icmp6) {
    found.add(formatIp(version, p.target0, p.target1, p.target2, p.target3));
    if (p.ndLinkAddress >= 0) found.add(formatMac(p.ndLinkAddress));
    const q = p.quoted;
    if (q.version !== 0) {
      found.add(formatIp(q.version, q.source0, q.source1, q.source2, q.source3));
      found.add(formatIp(q.version, q.destination0, q.destination1, q.destination2, q.destination3));
    }
  }
  if (p.transport === Transport.vrrp) {
    const advert = emptyVrrpAdvert();
    if (readVrrp(p, view, advert)) {
      const w = advert.addresses;
      for (let i = 0; i < advert.addressCount * 4; i += 4) {
        found.add(formatIp(advert.addressVersion, w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!));
      }
    }
  }
  return found;
}
