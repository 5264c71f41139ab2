/**
 * Rules whose fault is, or rests on, that something did not happen: an answer that did not come, a copy that was not sent on. A frame that
 * was lost on its way to the capture, or has not passed yet, looks the same.
 */
export const ABSENCE_RULES: ReadonlySet<string> = new Set([
  'director-cannot-resolve-rs',
  'director-no-rewrite',
  'director-not-forwarding',
  'director-receive-offload',
  'failover-without-garp',
  'handshake-never-completes',
  'last-garp-from-loser',
  'pmtu-icmp-not-forwarded',
  'port-reuse-delay',
  'rs-no-reply',
  'stale-gateway-arp',
  'synack-unacknowledged',
  'traffic-to-dead-rs',
  'tunnel-mtu-blackhole',
  'vip-arp-unanswered',
]);
