/**
 * One run without originals: one mapping of addresses, other names for machines and files. It stands between what the user gave and the
 * diagnosis, so that no report, whatever its format, ever sees an original.
 */
import type { FrameSource } from '../capture/frame.ts';
import type { Given, GivenMachine, GivenService } from '../cluster/given/given.ts';
import { AddressMapping } from './address-mapping.ts';
import { AddressRecord } from './address-record.ts';
import { AnonymizedSource } from './anonymized-source.ts';
import { FrameAnonymizer } from './frame-anonymizer.ts';

/** What a machine is called, by the list in which it is named first. */
const NAMES = { directors: 'anon-lvs', realServers: 'anon-rs', gateways: 'anon-gw' } as const;

export interface AnonymizationOptions {
  /** Whether the vendor part of MACs stays. */
  readonly keepsVendor: boolean;
  /** Whether `privateMap` will be asked for. */
  readonly isRecorded: boolean;
}

/** What stands for what, and the secret that makes it so again: for the eyes of the owner only. */
export interface PrivateMap {
  readonly schema: 'lvs-doctor/anonymize-map@1';
  /** The secret of the mapping in hexadecimal; whoever has it can undo it. */
  readonly key: string;
  readonly keepsVendor: boolean;
  /** False when more addresses were mapped than stand here. */
  readonly isComplete: boolean;
  readonly captures: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
  readonly ips: Readonly<Record<string, string>>;
  readonly macs: Readonly<Record<string, string>>;
}

export class Anonymization {
  readonly addresses: AddressMapping;
  private readonly key: Uint8Array;
  private readonly keepsVendor: boolean;
  private readonly record: AddressRecord | null;
  private readonly names = new Map<string, string>();
  private readonly captures = new Map<string, string>();
  private readonly frames: FrameAnonymizer;

  /** @param key the secret of the mapping, at least 16 bytes. */
  constructor(key: Uint8Array, { keepsVendor, isRecorded }: AnonymizationOptions) {
    this.key = key;
    this.keepsVendor = keepsVendor;
    this.record = isRecorded ? new AddressRecord() : null;
    this.addresses = new AddressMapping(key, { keepsVendor }, this.record);
    this.frames = new FrameAnonymizer(this.addresses);
  }

  /** Another name for a capture: 'capture1.pcap' and so on; standard input stays '-'. */
  captureName(name: string): string {
    const known = this.captures.get(name);
    if (known !== undefined || name === '-') return known ?? name;
    const ending = /\.(pcapng|pcap|cap)(\.(gz|zst))?$/.exec(name)?.[0] ?? '.pcap';
    const other = `capture${this.captures.size + 1}${ending}`;
    this.captures.set(name, other);
    return other;
  }

  /** The capture that another name stands for. */
  captureOf(name: string): string {
    return [...this.captures].find(([, other]) => other === name)?.[0] ?? name;
  }

  /** Another name for a machine, by the list in which it is named first. */
  renameMachine(name: string, list: keyof typeof NAMES): string {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const taken = [...this.names.values()].filter((other) => other.startsWith(NAMES[list])).length;
    const other = `${NAMES[list]}${taken + 1}`;
    this.names.set(name, other);
    return other;
  }

  /** Another name for a machine; one that nobody gave is a word of ours, such as 'mirror', and stays. */
  machineName(name: string): string {
    return this.names.get(name) ?? name;
  }

  /** The cluster as it was given, with other addresses and names, and without the names of files. */
  given(given: Given): Given {
    for (const list of ['directors', 'realServers', 'gateways'] as const) {
      for (const { name } of given[list]) if (name !== null) this.renameMachine(name, list);
    }
    const targets = given.vips.flatMap(({ services }) => services).flatMap(({ realServers }) => realServers);
    for (const { name } of targets) if (name !== null) this.renameMachine(name, 'realServers');
    const machines = (list: readonly GivenMachine[]) => list.map((machine) => this.machine(machine));
    return {
      vips: given.vips.map((vip) => ({ ip: this.ip(vip.ip), services: vip.services.map((service) => this.service(service)) })),
      directors: machines(given.directors),
      realServers: machines(given.realServers),
      gateways: machines(given.gateways),
      firewallMarks: given.firewallMarks,
      ignore: given.ignore.map(({ rule, ip }) => ({ rule, ip: ip === null ? null : this.ip(ip) })),
      neighbours: given.neighbours.map(({ ip, mac }) => ({ ip: this.ip(ip), mac: this.addresses.macText(mac) })),
      sources: [],
    };
  }

  /** A capture as it is read, with another name and other addresses. */
  source(original: FrameSource, name: string): FrameSource {
    return new AnonymizedSource(original, this.frames, name);
  }

  get privateMap(): PrivateMap {
    return {
      schema: 'lvs-doctor/anonymize-map@1',
      key: Buffer.from(this.key).toString('hex'),
      keepsVendor: this.keepsVendor,
      isComplete: this.record?.isFull !== true,
      captures: Object.fromEntries(this.captures),
      names: Object.fromEntries(this.names),
      ips: this.record?.ips ?? {},
      macs: this.record?.macTexts ?? {},
    };
  }

  private machine({ name, ips, macs, active }: GivenMachine): GivenMachine {
    return {
      name: name === null ? null : this.machineName(name),
      ips: ips.map((ip) => this.ip(ip)),
      macs: macs.map((mac) => this.addresses.macText(mac)),
      active,
    };
  }

  private service({ where: _where, realServers, ...service }: GivenService): GivenService {
    const targets = realServers.map(({ name, ip, ...target }) => ({
      ...target,
      name: name === null ? null : this.machineName(name),
      ip: ip === null ? null : this.ip(ip),
    }));
    return { ...service, realServers: targets };
  }

  private ip(text: string): string {
    return this.addresses.ipText(text);
  }
}
