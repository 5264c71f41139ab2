/** Which link types are read, and what is said of the others. */
import { UsageError } from '../usage-error.ts';
import { LinkType } from './frame.ts';
import { LINK_TYPE_NAMES } from './link-type-names.ts';

const READABLE: ReadonlySet<number> = new Set(Object.values(LinkType));

/** Raw IP as some systems number it in their files: DLT_RAW of Linux and FreeBSD (12) and of OpenBSD (14). */
const RAW_ALIASES: ReadonlySet<number> = new Set([12, 14]);

/** The LINKTYPE_ value to deliver for one found in a file, or null when its frames cannot be read. */
export function readableLinkType(linkType: number): number | null {
  if (RAW_ALIASES.has(linkType)) return LinkType.raw;
  return READABLE.has(linkType) ? linkType : null;
}

/** The sentence about a capture that holds nothing but frames of these link types; `subject` names the capture. */
export function unreadableLinkType(subject: string, linkTypes: readonly number[]): UsageError {
  const named = linkTypes.map((linkType) => `${linkType} (${LINK_TYPE_NAMES[linkType] ?? 'unassigned'})`).join(', ');
  return new UsageError(
    `${subject} holds frames of link type ${named}; Ethernet, Linux cooked, raw IP or loopback frames were expected: ` +
      'capture on the Ethernet interface of the cluster, for example tcpdump -i eth0 -w capture.pcap.',
  );
}
