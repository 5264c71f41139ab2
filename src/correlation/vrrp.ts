/** VRRP groups and what their masters said (RFC 3768, RFC 5798). One group is (VLAN, IP family, VRID). */
import { BoundedLog } from './bounded-log.ts';
import type { FrameRef } from './frame-ref.ts';

/** One sender of adverts in a group. */
export interface VrrpSender {
  /** Source MAC: the virtual MAC 00:00:5e:00:01/02:xx, or keepalived's plain one. */
  readonly mac: number;
  /** Source IP as an address number: the DIP. */
  readonly address: number;
  adverts: number;
  /** Newest priority; 0 resigns. */
  priority: number;
  /** Announced interval in centiseconds. */
  intervalCs: number;
  /** The virtual addresses that it lists, as address numbers. */
  readonly addresses: Set<number>;
  readonly first: FrameRef;
  last: FrameRef;
}

/** From this frame on another sender speaks. */
export interface VrrpChange {
  readonly ref: FrameRef;
  readonly sender: VrrpSender;
  readonly priority: number;
}

export interface VrrpGroup {
  readonly vlan: number;
  readonly version: 4 | 6;
  readonly vrid: number;
  readonly senders: VrrpSender[];
  /** Whose advert came last; null when it had no room. */
  speaker: VrrpSender | null;
  readonly changes: BoundedLog<VrrpChange>;
  /** The virtual addresses listed, as address numbers. */
  readonly addresses: Set<number>;
}

const MAX_GROUPS = 1024;
const MAX_SENDERS = 8;
const MAX_VIPS = 64;

export class VrrpGroups {
  readonly groups = new Map<number, VrrpGroup>();

  /** Notes an advert; returns its group, or null when there is no room for it. */
  advert(
    ref: FrameRef,
    vlan: number,
    version: 4 | 6,
    vrid: number,
    mac: number,
    address: number,
    priority: number,
    intervalCs: number,
  ): VrrpGroup | null {
    const key = ((vlan + 1) * 256 + vrid) * 8 + version;
    let group = this.groups.get(key);
    if (group === undefined) {
      if (this.groups.size >= MAX_GROUPS) return null;
      group = { vlan, version, vrid, senders: [], speaker: null, changes: new BoundedLog(32, 32), addresses: new Set() };
      this.groups.set(key, group);
    }
    let sender = group.senders.find((s) => s.mac === mac && s.address === address);
    if (sender === undefined) {
      group.speaker = null;
      if (group.senders.length >= MAX_SENDERS) return group;
      sender = { mac, address, adverts: 0, priority, intervalCs, addresses: new Set(), first: ref, last: ref };
      group.senders.push(sender);
    }
    const previous = group.changes.newest();
    if (previous === undefined || previous.sender !== sender || (priority === 0) !== (previous.priority === 0)) {
      group.changes.add({ ref, sender, priority });
    }
    sender.adverts++;
    sender.priority = priority;
    sender.intervalCs = intervalCs;
    sender.last = ref;
    group.speaker = sender;
    return group;
  }

  /** Adds a virtual address that the newest advert lists. */
  list(group: VrrpGroup, address: number): void {
    if (group.addresses.size < MAX_VIPS) group.addresses.add(address);
    const own = group.speaker?.addresses;
    if (own !== undefined && own.size < MAX_VIPS) own.add(address);
  }
}
