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
  readonly clockOffset: number | null;
}

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
}

/** What did not fit into bounded memory; all zero when nothing was forgotten. */
export interface Limits {
  readonly flowsForgotten: number;
  readonly pathsOverflowed: number;
  readonly edgesOverflowed: number;
  readonly claimsForgotten: number;
}
