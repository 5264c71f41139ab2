/** What directors tell each other of their connections (IPVS sync daemon): VIPs, real servers and the forwarding method, declared. */
import { BoundedLog } from './bounded-log.ts';
import type { FrameRef } from './frame-ref.ts';

/** One service as the sync messages show it. */
export interface SyncedService {
  readonly vip: number;
  readonly port: number;
  readonly protocol: number;
  /** IP_VS_CONN_F_ forwarding method: 0 NAT, 1 localnode, 2 tunnel, 3 direct route, 4 bypass. */
  readonly forwarding: number;
  /** RIPs as address numbers. */
  readonly realServers: Set<number>;
}

/** From this frame on another director, or the same with another id, sends. */
export interface SyncSender {
  readonly ref: FrameRef;
  readonly mac: number;
  readonly syncId: number;
}

const MAX_SERVICES = 1024;
const MAX_REAL_SERVERS = 256;

export class IpvsSync {
  messages = 0;
  readonly services = new Map<string, SyncedService>();
  readonly senders = new BoundedLog<SyncSender>(16, 16);
  last: FrameRef | null = null;

  message(ref: FrameRef, mac: number, syncId: number): void {
    this.messages++;
    this.last = ref;
    const newest = this.senders.newest();
    if (newest === undefined || newest.mac !== mac || newest.syncId !== syncId) this.senders.add({ ref, mac, syncId });
  }

  connection(vip: number, port: number, protocol: number, forwarding: number, realServer: number): void {
    if (vip === 0 || realServer === 0) return;
    const key = `${vip}/${port}/${protocol}/${forwarding}`;
    let service = this.services.get(key);
    if (service === undefined) {
      if (this.services.size >= MAX_SERVICES) return;
      service = { vip, port, protocol, forwarding, realServers: new Set() };
      this.services.set(key, service);
    }
    if (service.realServers.size < MAX_REAL_SERVERS) service.realServers.add(realServer);
  }
}
