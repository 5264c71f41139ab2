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
];
