/** tshark as the second opinion: one row of fields a frame, with only those dissectors enabled that stand for our decoders. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const fields = [
  'frame.number',
  'frame.time_epoch',
  'frame.len',
  'frame.cap_len',
  'frame.protocols',
  'frame.encap_type',
  'eth.dst',
  'eth.src',
  'eth.type',
  'sll.pkttype',
  'sll.src.eth',
  'sll.etype',
  'sll.gretype',
  'vlan.id',
  'vlan.etype',
  'vlan.len',
  'ieee8021ad.id',
  'llc.type',
  'arp.opcode',
  'arp.src.hw_mac',
  'arp.src.proto_ipv4',
  'arp.dst.hw_mac',
  'arp.dst.proto_ipv4',
  'ip.src',
  'ip.dst',
  'ip.id',
  'ip.ttl',
  'ip.len',
  'ip.proto',
  'ip.frag_offset',
  'ip.flags.df',
  'ip.flags.mf',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.hlim',
  'ipv6.plen',
  'ipv6.fraghdr.offset',
  'ipv6.fraghdr.more',
  'ipv6.fraghdr.ident',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags',
  'tcp.seq',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
  'tcp.checksum',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
  'udp.checksum',
  'sctp.srcport',
  'sctp.dstport',
  'icmp.type',
  'icmp.code',
  'icmp.mtu',
  'icmp.redir_gw',
  'icmp.ident',
  'icmp.checksum',
  'icmpv6.type',
  'icmpv6.code',
  'icmpv6.mtu',
  'icmpv6.checksum',
  'icmpv6.echo.identifier',
  'icmpv6.nd.ns.target_address',
  'icmpv6.nd.na.target_address',
  'icmpv6.nd.rd.target_address',
  'icmpv6.nd.na.flag.r',
  'icmpv6.nd.na.flag.s',
  'icmpv6.nd.na.flag.o',
  'icmpv6.opt.src_linkaddr',
  'icmpv6.opt.target_linkaddr',
  'vrrp.version',
  'vrrp.virt_rtr_id',
  'vrrp.prio',
  'vrrp.addr_count',
  'vrrp.auth_type',
  'vrrp.adver_int',
  'vrrp.short_adver_int',
  'vrrp.ip_addr',
  'vrrp.ipv6_addr',
] as const;

export type Field = (typeof fields)[number];

/** What stands for our decoders. All else is disabled: it would only add inner packets of tunnels that we do not follow. */
const dissectors =
  /^(frame|eth|ethertype|null|raw|sll|llc|vlan|ieee8021ad|arp|ip|ipv6|ipv6\..*|tcp|udp|icmp|icmpv6|gre|vrrp|ah|sctp|hip|shim6|mipv6|pkt_comment|data)$/;

const preferences = [
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'ip.check_checksum:FALSE',
  'ipv6.tso_support:TRUE',
  'tcp.relative_sequence_numbers:FALSE',
  'tcp.analyze_sequence_numbers:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
];

/** One frame as tshark sees it. */
export class Row {
  private readonly cells: readonly string[];

  constructor(line: string) {
    this.cells = line.split('\t');
  }

  /** Every occurrence of a field, outermost first. */
  all(field: Field): string[] {
    const cell = this.cells[fields.indexOf(field)] ?? '';
    return cell === '' ? [] : cell.split('|');
  }

  first(field: Field): string {
    return this.all(field)[0] ?? '';
  }

  last(field: Field): string {
    return this.all(field).at(-1) ?? '';
  }
}

/** The version line of tshark. Throws with a sentence when it is not installed. */
export async function tsharkVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('tshark', ['--version']);
    return stdout.split('\n')[0] ?? '';
  } catch {
    throw new Error('The oracle compares our decoders with tshark, which cannot be run here: install it (apt-get install tshark).');
  }
}

/** A tshark that knows our dissectors only, and no preferences of the user's. */
export class Tshark {
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Tshark> {
    const { stdout } = await promisify(execFile)('tshark', ['-G', 'protocols'], { maxBuffer: 2 ** 24 });
    const names = stdout.split('\n').map((line) => line.split('\t')[2] ?? '');
    const directory = await mkdtemp(join(tmpdir(), 'lvs-doctor-oracle-'));
    await writeFile(join(directory, 'disabled_protos'), names.filter((name) => name !== '' && !dissectors.test(name)).join('\n') + '\n');
    return new Tshark(directory);
  }

  /** Every frame of a capture; those before the damage when tshark finds the file damaged. */
  async rows(file: string): Promise<Row[]> {
    const options = ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=|'];
    for (const preference of preferences) options.push('-o', preference);
    for (const field of fields) options.push('-e', field);
    const child = spawn('tshark', options, {
      env: { ...process.env, WIRESHARK_CONFIG_DIR: this.directory },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'close');
    const rows: Row[] = [];
    for await (const line of createInterface({ input: child.stdout })) rows.push(new Row(line));
    // 1: this tshark does not know an option or a field of ours; 2: the file is damaged.
    const [code] = await ended;
    if (code === 1) throw new Error(`tshark does not accept the options for ${file}: run tshark ${options.join(' ')}`);
    return rows;
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
