/**
 * The diagnosis: what every report is made of, and the JSON that scripts and tickets depend on (schema/diagnosis.json).
 * Times are UTC with nanoseconds, `2026-11-20T08:52:01.123456789Z`; addresses are canonical lower-case text.
 */

export type Severity = 'critical' | 'warning' | 'info';
export type Confidence = 'confirmed' | 'probable' | 'possible';
/** Where a role comes from, strongest first. */
export type RoleSource = 'given' | 'declared' | 'observed' | 'guessed';
export type RoleKind = 'director' | 'realServer' | 'gateway' | 'client';

export interface Diagnosis {
  readonly schema: 'lvs-doctor/diagnosis@1';
  readonly tool: { readonly name: 'lvs-doctor'; readonly version: string };
  readonly verdict: 'fault' | 'clean' | 'cannot tell';
  /** The one sentence. */
  readonly summary: string;
  readonly captures: readonly CaptureSummary[];
  readonly cluster: ClusterSummary;
  /** In causal order: a finding stands after what caused it. */
  readonly findings: readonly Finding[];
  readonly verdicts: readonly Verdict[];
  readonly notices: readonly Notice[];
  readonly paths: readonly PathSummary[];
  /** The VIPs, and other addresses that findings speak of; missing in diagnoses of the first version. */
  readonly addresses?: readonly AddressSummary[];
  readonly limits: Limits;
}

export interface CaptureSummary {
  readonly name: string;
  /** 'mirror', 'director', 'real-server', 'gateway', 'client' or a machine's name; null when neither given nor inferable. */
  readonly point: string | null;
  readonly format: 'pcap' | 'pcapng' | 'live';
  readonly linkType: string;
  readonly frames: number;
  readonly bytes: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly cutOff: boolean;
  readonly dropped: number | null;
  /** Seconds by which its clock is ahead of the reference at its first frame; null where that is not known, and for a single capture. */
  readonly clockOffset: number | null;
  /** How its clock was compared; only with several captures, and null where it shares no frame with the others. */
  readonly clock?: ClockSummary | null;
  /** How it stands to the others; only with several captures. */
  readonly part?: CapturePart;
  /** Frames that bear an earlier time than the one before them; only with several captures. */
  readonly disordered?: number;
}

/** A capture's clock against that of another one. */
export interface ClockSummary {
  /** Name of the capture whose clock all times are told by. */
  readonly reference: string;
  /** Parts in a million by which it runs faster. */
  readonly driftPpm: number;
  /** Seconds by which the offset may be wrong, as far as shared frames tell. */
  readonly uncertainty: number;
  /** Frames that the estimate rests on; 0 for the reference itself, and for another file of the same point. */
  readonly sharedFrames: number;
}

/**
 * How a capture stands to the others that it was read with. `merged`: its frames stand among theirs in one order. `unordered`: it
 * shares no frame with them; what it shows counts, but in which order is not known. `elsewhere`: taken on another LAN, and left out.
 */
export type CapturePart = 'merged' | 'unordered' | 'elsewhere' | 'empty';

export interface ClusterSummary {
  readonly vips: readonly {
    readonly ip: string;
    readonly services: readonly string[];
    readonly mode: 'dr' | 'nat' | 'tun' | null;
    readonly source: RoleSource;
    readonly clues: readonly string[];
  }[];
  readonly directors: readonly {
    readonly name: string | null;
    readonly ips: readonly string[];
    readonly macs: readonly string[];
    readonly vips: readonly string[];
    readonly from: string | null;
    readonly until: string | null;
    readonly source: RoleSource;
    readonly clues: readonly string[];
  }[];
  readonly realServers: readonly RealServerSummary[];
  readonly gateways: readonly {
    readonly name: string | null;
    readonly ips: readonly string[];
    readonly macs: readonly string[];
    readonly source: RoleSource;
    readonly clues: readonly string[];
  }[];
  readonly clients: { readonly count: number; readonly onLink: number };
}

export interface RealServerSummary {
  readonly name: string | null;
  readonly ips: readonly string[];
  readonly macs: readonly string[];
  /** New requests that reached it, through the director or not. */
  readonly requests: number;
  readonly answered: number;
  readonly refused: number;
  /** Requests without any answer; null where this capture cannot show answers of this machine. */
  readonly silent: number | null;
  /** Requests that reached it without passing the director. */
  readonly bypassed: number;
  readonly source: RoleSource;
  readonly clues: readonly string[];
}

export interface Culprit {
  readonly role: RoleKind | 'other';
  readonly name: string | null;
  readonly ip: string | null;
  readonly mac: string | null;
}

export interface EvidenceItem {
  readonly capture: string;
  readonly frame: number;
  readonly time: string;
  readonly shows: 'cause' | 'fault' | 'effect' | 'cure';
  /** One line: what this frame is, with its addresses. */
  readonly says: string;
  /** From and to which MAC; null where only the capture tells, as the destination of a question to a group. */
  readonly sourceMac?: string | null;
  readonly destinationMac?: string | null;
}

export interface Remedy {
  readonly why: string;
  readonly steps: readonly { readonly on: string; readonly commands: readonly string[] }[];
}

export interface Finding {
  /** Stable across runs over the same facts: rule/vip/culprit. */
  readonly id: string;
  readonly rule: string;
  readonly code: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  readonly vip: string | null;
  readonly culprits: readonly Culprit[];
  readonly count: number;
  readonly unit: 'frames' | 'flows' | 'requests';
  readonly first: string;
  readonly last: string;
  readonly state: 'active' | 'quiet' | 'resolved';
  /** Ids of the findings that explain this one. */
  readonly causedBy: readonly string[];
  readonly evidence: readonly EvidenceItem[];
  readonly remedy: Remedy;
}

export interface Verdict {
  readonly rule: string;
  readonly code: string;
  readonly vip: string | null;
  /** The machine judged: its IP where known, else its MAC. */
  readonly subject: string;
  readonly verdict: 'found' | 'passed' | 'not judged';
  /** Why it could not be judged; null otherwise. */
  readonly reason: string | null;
  /** The command that would decide it; null otherwise. */
  readonly capture: string | null;
}

export interface Notice {
  readonly code: string;
  readonly notice: string;
  readonly message: string;
}

export interface PathSummary {
  readonly vip: string;
  readonly service: string;
  /** One hop or event an entry: '→ client>director', '← web1>client', 'DUP'. */
  readonly path: readonly string[];
  readonly flows: number;
  /** Frames of one example flow, in order. */
  readonly frames: readonly number[];
  /** The capture of each of these frames; only with several captures. */
  readonly captures?: readonly string[];
}

/** Who claimed an address, whom its neighbours believed, and which ways its packets took. */
export interface AddressSummary {
  readonly ip: string;
  readonly claims: readonly ClaimSummary[];
  /** Claims in order of time; of very many only the first and the last ones, of VRRP adverts those from another MAC than the one before. */
  readonly events: readonly ClaimEventSummary[];
  /** Claims between these times are not listed; null when all are. */
  readonly gap: { readonly from: string; readonly until: string } | null;
  /** Who sent packets to it, the busiest first; a director of it is none of them. */
  readonly neighbours: readonly NeighbourSummary[];
  /** Which ways the packets of flows to it took, the busiest first. */
  readonly hops: readonly HopSummary[];
  /** How many more there were than are listed. */
  readonly leftOut: { readonly neighbours: number; readonly hops: number };
}

/** All that one MAC said about an address, by ARP, neighbour discovery or VRRP. */
export interface ClaimSummary {
  readonly mac: string;
  /** Answers to questions. */
  readonly reply: number;
  /** Questions for other addresses, with this one as sender. */
  readonly request: number;
  /** Announcements that nobody asked for. */
  readonly gratuitous: number;
  readonly vrrp: number;
  readonly first: string;
  readonly last: string;
}

export interface ClaimEventSummary {
  readonly capture: string;
  readonly frame: number;
  readonly time: string;
  readonly kind: 'reply' | 'request' | 'gratuitous' | 'vrrp';
  readonly mac: string;
}

export interface NeighbourSummary {
  readonly mac: string;
  readonly frames: number;
  /** The MAC it sent to, from each of these frames on; of very many changes only the first and the last ones. */
  readonly uses: readonly { readonly mac: string; readonly capture: string; readonly frame: number; readonly time: string }[];
  readonly last: string;
}

/** A way that packets of some flows took, from one MAC to another. */
export interface HopSummary {
  /** Null where the capture does not hold it. */
  readonly source: string | null;
  readonly destination: string | null;
  /** The third one is a request with another destination address (NAT). */
  readonly kind: 'request' | 'answer' | 'translated request' | 'answer from another address';
  /** Whether the packets were in a tunnel. */
  readonly tunnel: boolean;
  readonly flows: number;
  /** Flows of which the same datagram took this way again. */
  readonly again: number;
  /** Ids of the findings that cite a frame on this way as the fault itself. */
  readonly faults: readonly string[];
}

/** What did not fit into bounded memory; all zero when nothing was forgotten. */
export interface Limits {
  readonly flowsForgotten: number;
  readonly pathsOverflowed: number;
  readonly edgesOverflowed: number;
  readonly claimsForgotten: number;
  /** Machines that sent requests for a VIP, got or answered them, and were not judged one by one. */
  readonly sendersNotJudged: number;
}
