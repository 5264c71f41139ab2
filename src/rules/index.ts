/** The catalogue. One line a rule; the order is that of the codes. */
import { directorBypassed } from './director-bypassed.ts';
import { directorNoRewrite } from './director-no-rewrite.ts';
import { gatewayArpFlip } from './gateway-arp-flip.ts';
import { replyWrongSource } from './reply-wrong-source.ts';
import { rsAnnouncesVip } from './rs-announces-vip.ts';
import { rsAnswersArp } from './rs-answers-arp.ts';
import type { AnyRule } from './rule.ts';
import { vipArpRace } from './vip-arp-race.ts';

export const RULES: readonly AnyRule[] = [
  rsAnswersArp,
  rsAnnouncesVip,
  gatewayArpFlip,
  directorBypassed,
  vipArpRace,
  directorNoRewrite,
  replyWrongSource,
];
