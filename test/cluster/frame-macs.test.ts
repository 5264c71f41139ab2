/** The diagnosis says of evidence frames from whom to whom they went; the capture has the last word. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyFrame } from '../../src/capture/frame.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { destinationMacOf, formatMac, sourceMacOf } from '../../src/decoders/address.ts';
import { LinkKind, Packet } from '../../src/decoders/packet.ts';
import { casesIn, diagnoseCase, FIXTURES, MODES } from '../support/fixtures.ts';

interface Ends {
  readonly source: string;
  readonly destination: string;
}

async function endsIn(name: string): Promise<Ends[]> {
  const source = await openCapture(join(FIXTURES, name, 'mirror.pcap'));
  const frame = emptyFrame();
  const packet = new Packet();
  const ends: Ends[] = [];
  do {
    while (source.next(frame)) {
      packet.decode(frame);
      expect(packet.link).toBe(LinkKind.ethernet);
      ends[frame.number] = {
        source: formatMac(sourceMacOf(packet.mac1, packet.mac2)),
        destination: formatMac(destinationMacOf(packet.mac0, packet.mac1)),
      };
    }
  } while (await source.more());
  await source.close();
  return ends;
}

test.each(casesIn())('%s: evidence frames went from and to the MACs that the diagnosis says', async (name) => {
  const ends = await endsIn(name);
  for (const mode of MODES) {
    for (const { frame, sourceMac, destinationMac, says } of (await diagnoseCase(name, mode)).findings.flatMap((f) => f.evidence)) {
      const { source, destination } = ends[frame]!;
      // What goes to a group is remembered by its sender alone; nothing else may be unknown.
      expect({ frame, says, sourceMac, destinationMac: destinationMac ?? 'unknown' }).toEqual({
        frame,
        says,
        sourceMac: source,
        destinationMac: destinationMac === null && isGroup(destination) ? 'unknown' : destination,
      });
    }
  }
});

function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}
