/** The small numbers that a Packet speaks in, and what they mean. */

/**
 * How far decoding came; a Packet keeps every layer before the point where it stopped. The first trouble met is the one told.
 * `ok`: every field that Packet has for this kind of frame was read; payload cut by a snapshot length is no trouble.
 * `truncated`: the capture ended before a field that was on the wire. `malformed`: lengths or versions contradict each other.
 * `unsupported`: the next header is none that we decode; `etherType` or `protocol` says which.
 */
export const DecodeStatus = { ok: 0, truncated: 1, malformed: 2, unsupported: 3 } as const;
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus];

/** Which group of fields is filled. `other`: nothing above the link layer that we decode. */
export const PacketKind = { other: 0, arp: 1, ip: 2 } as const;
export type PacketKind = (typeof PacketKind)[keyof typeof PacketKind];

/** `none`: no link header with MACs (raw IP, loopback). `cooked`: Linux `-i any`: source MAC only. */
export const LinkKind = { none: 0, ethernet: 1, cooked: 2 } as const;
export type LinkKind = (typeof LinkKind)[keyof typeof LinkKind];

/** How the innermost IP packet was carried. */
export const Tunnel = { none: 0, ipip: 1, sixInFour: 2, gre: 3, gue: 4, fourInSix: 5, sixInSix: 6 } as const;
export type Tunnel = (typeof Tunnel)[keyof typeof Tunnel];

/** What the transport fields mean. `other`: `protocol` says which; `fragment`: a later fragment, no transport header. */
export const Transport = { none: 0, tcp: 1, udp: 2, icmp: 3, icmp6: 4, vrrp: 5, sctp: 6, fragment: 7, other: 8 } as const;
export type Transport = (typeof Transport)[keyof typeof Transport];

/** TCP flag bits as on the wire (RFC 9293 section 3.1). */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;
