/** Options that mean the same for every command. */
import { type Command, Option } from 'commander';

/** What was told about the cluster; every list in the order typed. */
export interface ClusterOptions {
  readonly cluster?: readonly string[];
  readonly vip?: readonly string[];
  readonly director?: readonly string[];
  readonly realServer?: readonly string[];
  readonly gateway?: readonly string[];
}

/** How the result is to be shown. */
export interface OutputOptions<F extends string> {
  readonly format: F;
  /** A file; undefined for standard output. */
  readonly output?: string;
  readonly color: boolean;
  readonly verbose?: boolean;
}

export const CAPTURES_HELP = "pcap or pcapng file, also gzip or zstd; '-' is standard input; 'director=file' tells where it was taken";

export function addClusterOptions(command: Command): Command {
  return command
    .addOption(list('-c, --cluster <file>', 'cluster.yaml, ipvsadm-save -n, ipvsadm -Ln, keepalived.conf or ip neigh; repeatable'))
    .addOption(list('--vip <address>', 'a virtual IP; repeatable'))
    .addOption(list('--director <address>', 'a director: IP, MAC or IP=MAC; repeatable'))
    .addOption(list('--real-server <address>', 'a real server: IP, MAC or IP=MAC; repeatable'))
    .addOption(list('--gateway <address>', 'a gateway: IP, MAC or IP=MAC; repeatable'));
}

/** @param formats the first is the default. */
export function addOutputOptions(command: Command, formats: readonly [string, ...string[]]): Command {
  return command
    .addOption(new Option('-f, --format <format>', 'output format').choices(formats).default(formats[0]))
    .option('-o, --output <file>', 'write there instead of to standard output')
    .option('--no-color', 'no colour (NO_COLOR=1 does the same)')
    .addOption(new Option('-v, --verbose', 'all evidence, clues and paths; the stack of an internal error'));
}

/** What others may see. */
export interface AnonymizeOptions {
  readonly anonymize?: boolean;
  readonly anonymizeKeepVendor?: boolean;
  readonly anonymizeKey?: string;
  readonly anonymizeMap?: string;
}

export function addAnonymizeOptions(command: Command): Command {
  const implied = (flags: string, description: string) => new Option(flags, description).implies({ anonymize: true });
  return command
    .option('--anonymize', 'other addresses and names for all machines and files, and no payload, in whatever is written')
    .addOption(implied('--anonymize-keep-vendor', 'as --anonymize, but the vendor part of MACs stays'))
    .addOption(implied('--anonymize-key <file>', 'as --anonymize, with a secret of your own: the same one gives the same addresses again'))
    .addOption(implied('--anonymize-map <file>', 'as --anonymize; what stands for what is saved for you alone'));
}

/** Which frames are judged. */
export interface ChoiceOptions {
  readonly since?: string;
  readonly until?: string;
  readonly client?: string;
  readonly filter?: string;
}

/** @param client what --client does */
export function addChoiceOptions(command: Command, client = "only this client's flows, beside ARP, VRRP and ICMP"): Command {
  return command
    .option('--since <time>', 'only frames from then on: 2026-11-20T09:05:30Z, or since the first frame: 90, 1.5s, 2m30s')
    .option('--until <time>', 'only frames up to then')
    .option('--client <ip>', client)
    .option('--filter <bpf>', "only frames that this filter of tcpdump's keeps, as 'arp or port 80'");
}

/** An option that may be given several times; undefined when it is not given. */
export function list(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, previous: readonly string[] = []) => [...previous, value]);
}
