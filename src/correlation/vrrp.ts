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

/** From this frame on another sender speaks, or the same resigns, returns, or lists an address that it did not list before. */
export interface VrrpChange {
  readonly ref: FrameRef;
  readonly sender: VrrpSender;
  readonly priority: number;
  /** The virtual addresses that this very advert lists, as address numbers. */
  readonly addresses: number[];
}

export interface VrrpGroup {
  readonly vlan: number;
  readonly version: 4 | 6;
  readonly vrid: number;
  readonly senders: VrrpSender[];
  /** Whose advert came last; null when it had no room. */
  speaker: VrrpSender | null;
  readonly changes: BoundedLog<VrrpChange>;
  /** The change that the newest advert is; null when it is none. */
  change: VrrpChange | null;
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
      group = { vlan, version, vrid, senders: [], speaker: null, changes: new BoundedLog(32, 32), change: null, addresses: new Set() };
      this.groups.set(key, group);
    }
    group.change = null;
    let sender = group.senders.find((s) => s.mac === mac && s.address === address);
    if (sender === undefined) {
      group.speaker = null;
      if (group.senders.length >= MAX_SENDERS) return group;
      sender = { mac, address, adverts: 0, priority, intervalCs, addresses: new Set(), first: ref, last: ref };
      group.senders.push(sender);
    }
    const previous = group.changes.newest();
    if (previous === undefined || previous.sender !== sender || (priority === 0) !== (previous.priority === 0)) {
      this.#change(group, ref, sender, priority);
    }
    sender.adverts++;
    sender.priority = priority;
    sender.intervalCs = intervalCs;
    sender.last = ref;
    group.speaker = sender;
    return group;
  }

  /** Adds a virtual address that the newest advert of a group, at `ref`, lists. */
  list(group: VrrpGroup, ref: FrameRef, priority: number, address: number): void {
    if (group.addresses.size < MAX_VIPS) group.addresses.add(address);
    const sender = group.speaker;
    if (sender === null) return;
    if (sender.addresses.size < MAX_VIPS && !sender.addresses.has(address)) {
      sender.addresses.add(address);
      if (group.change === null) this.#change(group, ref, sender, priority);
    }
    const listed = group.change?.addresses;
    if (listed !== undefined && listed.length < MAX_VIPS) listed.push(address);
  }

  #change(group: VrrpGroup, ref: FrameRef, sender: VrrpSender, priority: number): void {
    group.change = { ref, sender, priority, addresses: [] };
    group.changes.add(group.change);
  }
}
