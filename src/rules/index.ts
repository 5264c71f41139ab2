/** The catalogue. One line a rule; the order is that of the codes. */
import { arpSenderMacMismatch } from './arp-sender-mac-mismatch.ts';
import { directorBypassed } from './director-bypassed.ts';
import { directorCannotResolveRs } from './director-cannot-resolve-rs.ts';
import { directorNoRewrite } from './director-no-rewrite.ts';
import { directorNotForwarding } from './director-not-forwarding.ts';
import { directorReceiveOffload } from './director-receive-offload.ts';
import { directorResetsFlow } from './director-resets-flow.ts';
import { duplicateDirector } from './duplicate-director.ts';
import { duplicateIp } from './duplicate-ip.ts';
import { failoverWithoutGarp } from './failover-without-garp.ts';
import { forwardingLoop } from './forwarding-loop.ts';
import { forwardingModeMismatch } from './forwarding-mode-mismatch.ts';
import { gatewayArpFlip } from './gateway-arp-flip.ts';
import { handshakeNeverCompletes } from './handshake-never-completes.ts';
import { icmpRedirect } from './icmp-redirect.ts';
import { ipvsSyncProblem } from './ipvs-sync-problem.ts';
import { lastGarpFromLoser } from './last-garp-from-loser.ts';
import { midFlowRsSwitch } from './mid-flow-rs-switch.ts';
import { pmtuIcmpNotForwarded } from './pmtu-icmp-not-forwarded.ts';
import { portMapping } from './port-mapping.ts';
import { portReuseDelay } from './port-reuse-delay.ts';
import { replyViaDirector } from './reply-via-director.ts';
import { replyWrongSource } from './reply-wrong-source.ts';
import { rsAnnouncesVip } from './rs-announces-vip.ts';
import { rsAnswersArp } from './rs-answers-arp.ts';
import { rsAnswersNd } from './rs-answers-nd.ts';
import { rsNoReply } from './rs-no-reply.ts';
import { rsNotAdjacent } from './rs-not-adjacent.ts';
import { rsOriginatesFromVip } from './rs-originates-from-vip.ts';
import { rsRefuses } from './rs-refuses.ts';
import type { AnyRule } from './rule.ts';
import { staleGatewayArp } from './stale-gateway-arp.ts';
import { synackUnacknowledged } from './synack-unacknowledged.ts';
import { trafficToDeadRs } from './traffic-to-dead-rs.ts';
import { tunnelMtuBlackhole } from './tunnel-mtu-blackhole.ts';
import { unevenDistribution } from './uneven-distribution.ts';
import { vipArpRace } from './vip-arp-race.ts';
import { vipArpUnanswered } from './vip-arp-unanswered.ts';
import { vipMacFlapping } from './vip-mac-flapping.ts';
import { vipSynFromRs } from './vip-syn-from-rs.ts';
import { vip6DadConflict } from './vip6-dad-conflict.ts';
import { vrrpFlapping } from './vrrp-flapping.ts';
import { vrrpSplitBrain } from './vrrp-split-brain.ts';

export const RULES: readonly AnyRule[] = [
  rsAnswersArp,
  rsAnnouncesVip,
  gatewayArpFlip,
  directorBypassed,
  vipArpRace,
  vipMacFlapping,
  vipArpUnanswered,
  arpSenderMacMismatch,
  rsAnswersNd,
  vip6DadConflict,
  duplicateIp,
  directorNoRewrite,
  directorNotForwarding,
  forwardingLoop,
  directorCannotResolveRs,
  rsNotAdjacent,
  forwardingModeMismatch,
  portMapping,
  trafficToDeadRs,
  midFlowRsSwitch,
  unevenDistribution,
  portReuseDelay,
  ipvsSyncProblem,
  directorResetsFlow,
  replyWrongSource,
  rsNoReply,
  rsRefuses,
  replyViaDirector,
  rsOriginatesFromVip,
  vipSynFromRs,
  icmpRedirect,
  handshakeNeverCompletes,
  synackUnacknowledged,
  vrrpSplitBrain,
  failoverWithoutGarp,
  staleGatewayArp,
  lastGarpFromLoser,
  duplicateDirector,
  vrrpFlapping,
  tunnelMtuBlackhole,
  pmtuIcmpNotForwarded,
  directorReceiveOffload,
];

/** These rules, or all when none is named, but for those. */
export function chooseRules({
  only,
  except,
}: {
  readonly only: readonly string[];
  readonly except: readonly string[];
}): readonly AnyRule[] {
  return RULES.filter(({ name }) => (only.length === 0 || only.includes(name)) && !except.includes(name));
}
