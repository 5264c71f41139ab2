/**
 * Which finding explains which: one table, without cycles. Rules do not know each other; the order of telling and `causedBy` come
 * from here.
 */

export interface CauseLink {
  readonly cause: string;
  readonly effect: string;
  /** When the two belong together: the same VIP and the same culprit, or just the same VIP. */
  readonly join: 'culprit' | 'vip';
  /** Whether the cause leaves nothing to tell of the effect. */
  readonly hides: boolean;
}

export const CAUSES: readonly CauseLink[] = [
  { cause: 'rs-answers-arp', effect: 'gateway-arp-flip', join: 'culprit', hides: false },
  { cause: 'rs-answers-arp', effect: 'director-bypassed', join: 'culprit', hides: false },
  { cause: 'rs-announces-vip', effect: 'gateway-arp-flip', join: 'culprit', hides: false },
  { cause: 'rs-announces-vip', effect: 'director-bypassed', join: 'culprit', hides: false },
  { cause: 'gateway-arp-flip', effect: 'director-bypassed', join: 'culprit', hides: false },
  { cause: 'vip-arp-race', effect: 'director-bypassed', join: 'vip', hides: false },
  { cause: 'director-no-rewrite', effect: 'director-not-forwarding', join: 'culprit', hides: true },
  { cause: 'director-cannot-resolve-rs', effect: 'director-not-forwarding', join: 'vip', hides: true },
  { cause: 'forwarding-loop', effect: 'rs-no-reply', join: 'culprit', hides: true },
  { cause: 'forwarding-loop', effect: 'vip-syn-from-rs', join: 'culprit', hides: true },
  { cause: 'forwarding-loop', effect: 'icmp-redirect', join: 'culprit', hides: true },
  { cause: 'rs-not-adjacent', effect: 'forwarding-loop', join: 'culprit', hides: false },
  { cause: 'rs-not-adjacent', effect: 'rs-no-reply', join: 'culprit', hides: true },
  { cause: 'port-mapping', effect: 'rs-refuses', join: 'vip', hides: false },
  { cause: 'ipvs-sync-problem', effect: 'director-resets-flow', join: 'vip', hides: false },
  { cause: 'reply-wrong-source', effect: 'rs-no-reply', join: 'culprit', hides: true },
  { cause: 'vip-syn-from-rs', effect: 'rs-no-reply', join: 'culprit', hides: false },
  { cause: 'rs-no-reply', effect: 'traffic-to-dead-rs', join: 'culprit', hides: false },
  { cause: 'reply-wrong-source', effect: 'handshake-never-completes', join: 'culprit', hides: true },
  { cause: 'vip-syn-from-rs', effect: 'handshake-never-completes', join: 'culprit', hides: true },
  { cause: 'rs-no-reply', effect: 'handshake-never-completes', join: 'culprit', hides: true },
  { cause: 'rs-refuses', effect: 'handshake-never-completes', join: 'culprit', hides: true },
  { cause: 'reply-via-director', effect: 'handshake-never-completes', join: 'culprit', hides: true },
  { cause: 'rs-answers-nd', effect: 'gateway-arp-flip', join: 'culprit', hides: false },
  { cause: 'rs-answers-nd', effect: 'director-bypassed', join: 'culprit', hides: false },
  { cause: 'rs-answers-arp', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'rs-announces-vip', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'rs-answers-nd', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'vip-arp-race', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'arp-sender-mac-mismatch', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'vrrp-split-brain', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'vrrp-flapping', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'last-garp-from-loser', effect: 'vip-mac-flapping', join: 'vip', hides: true },
  { cause: 'duplicate-director', effect: 'vip-mac-flapping', join: 'vip', hides: false },
  { cause: 'vip-arp-race', effect: 'duplicate-ip', join: 'vip', hides: true },
  { cause: 'vip-mac-flapping', effect: 'duplicate-ip', join: 'vip', hides: true },
  { cause: 'arp-sender-mac-mismatch', effect: 'duplicate-ip', join: 'vip', hides: true },
  { cause: 'vip6-dad-conflict', effect: 'rs-no-reply', join: 'culprit', hides: false },
  { cause: 'vrrp-flapping', effect: 'vrrp-split-brain', join: 'vip', hides: false },
  { cause: 'vrrp-split-brain', effect: 'duplicate-director', join: 'vip', hides: true },
  { cause: 'vrrp-split-brain', effect: 'last-garp-from-loser', join: 'vip', hides: true },
  { cause: 'failover-without-garp', effect: 'stale-gateway-arp', join: 'vip', hides: false },
  { cause: 'last-garp-from-loser', effect: 'stale-gateway-arp', join: 'vip', hides: false },
  { cause: 'stale-gateway-arp', effect: 'director-not-forwarding', join: 'vip', hides: true },
];
