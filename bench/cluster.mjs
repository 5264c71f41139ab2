/** The LVS-DR cluster of the generated captures: a gateway, a director, eight real servers, four VIPs, all in 203.0.113.0/24 (RFC 5737). */
const NETWORK = 0xcb007100;
const MACS = 0x525400000000;

export const GATEWAY = { mac: MACS + 0x01, ip: NETWORK + 1 };
export const DIRECTOR = { mac: MACS + 0x02, ip: NETWORK + 2 };
export const REAL_SERVERS = Array.from({ length: 8 }, (_, i) => ({ mac: MACS + 0x110 + i, ip: NETWORK + 10 + i }));
export const VIPS = Array.from({ length: 4 }, (_, i) => NETWORK + 100 + i);

/** Who asks for whom, over and over: the gateway for each VIP, the director for each real server, each real server for the gateway. */
export const ARP_EXCHANGES = [
  ...VIPS.map((ip) => ({ asker: GATEWAY, owner: { mac: DIRECTOR.mac, ip } })),
  ...REAL_SERVERS.map((server) => ({ asker: DIRECTOR, owner: server })),
  ...REAL_SERVERS.map((server) => ({ asker: server, owner: GATEWAY })),
];

/** Clients ask for these ports. */
export const SERVICE_PORT = 80;
