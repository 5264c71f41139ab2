/**
 * cluster.yaml: the cluster in the user's own words. The YAML nodes themselves are checked, not plain values made of them, so that each
 * error names its line; and scalars are read as written (a MAC of digits stays text).
 *
 *   vips:        [{ ip, services: [80/tcp, { on: 80/tcp, mode: dr, realServers: [{ name, ip, port, weight, mode }] }] }]
 *   directors:   [{ name, ip | ips, mac | macs, active: always | by-vrrp }]
 *   realServers, gateways: [{ name, ip | ips, mac | macs }]
 *   ignore:      [{ rule, ip }]
 */
import { Composer, type CST, type Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, Parser } from 'yaml';
import { nearestWord } from '../../nearest-word.ts';
import { UsageError } from '../../usage-error.ts';
import { readNumber, readPort } from './endpoint.ts';
import type { Given, GivenIgnore, GivenMachine, GivenService, GivenTarget, GivenVip } from './given.ts';
import { NOTHING_GIVEN } from './given.ts';
import { errorAt, type Place, sayPlace } from './place.ts';
import { hasUnprintable, printed, quoted } from './printed.ts';
import { readIp, readMac } from './read-address.ts';

/** In characters: it describes some eight thousand machines, and the YAML parser takes seconds for more. */
const LARGEST_FILE = 500_000;
/** Open collections; the format itself needs eight. The composer recurses, and nesting without bound would end the process. */
const DEEPEST = 300;
/** Aliases that are followed: each may stand for many nodes. */
const MOST_ALIASES = 100;
const LONGEST_NAME = 255;

const KEYS = {
  file: ['vips', 'directors', 'realServers', 'gateways', 'ignore'],
  vip: ['ip', 'services'],
  service: ['on', 'mode', 'realServers'],
  target: ['name', 'ip', 'port', 'weight', 'mode'],
  director: ['name', 'ip', 'ips', 'mac', 'macs', 'active'],
  machine: ['name', 'ip', 'ips', 'mac', 'macs'],
  ignore: ['rule', 'ip'],
} as const;

const MODES = ['dr', 'nat', 'tun'] as const;

/** Whether a line could stand at the left edge of such a file. */
export function isClusterYamlLine(line: string): boolean {
  return /^(?:["']?[A-Za-z_][\w-]*["']?\s*:(?:\s|$)|---(?:\s|$)|\{)/.test(line);
}

/** @throws UsageError naming file and line, for YAML that cannot be parsed (also the column) and for all that the format does not know. */
export function parseClusterYaml(file: string, text: string): Given {
  return new ClusterYaml(file, text).read();
}

/** A node with the line it stands in; aliases are followed. */
interface At {
  readonly node: Node | null;
  readonly place: Place;
}

class ClusterYaml {
  private readonly file: string;
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;
  private aliases = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.document = this.compose(text);
  }

  read(): Given {
    const top = this.at(this.document.contents as Node | null, 1);
    const parts = this.map(top, KEYS.file, 'the file');
    const realServers = this.list(parts.get('realServers'), 'realServers').map((at) => this.machine(at, 'realServers'));
    const directors = this.list(parts.get('directors'), 'directors').map((at) => this.machine(at, 'directors'));
    const gateways = this.list(parts.get('gateways'), 'gateways').map((at) => this.machine(at, 'gateways'));
    for (const machines of [directors, realServers, gateways]) this.refuseSecondName(machines);
    const byName = new Map([...directors, ...gateways, ...realServers].map((machine) => [machine.name, machine]));
    const vips = this.list(parts.get('vips'), 'vips').map((at) => this.vip(at, byName, realServers));
    const ignore = this.list(parts.get('ignore'), 'ignore').map((at) => this.ignore(at));
    return { ...NOTHING_GIVEN, vips, directors, realServers, gateways, ignore, sources: [this.file] };
  }

  private compose(text: string): Document.Parsed {
    if (text.length > LARGEST_FILE) {
      throw errorAt(
        { file: this.file, line: null },
        `this file has ${text.length} characters, but a cluster.yaml of at most ${LARGEST_FILE} is read; is this the right file?`,
      );
    }
    const documents: Document.Parsed[] = [];
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, lineCounter: this.lines, logLevel: 'silent' });
    for (const document of composer.compose(this.tokens(text), true, text.length)) {
      documents.push(document as Document.Parsed);
      if (documents.length === 2) break;
    }
    const [document, second] = documents;
    if (document === undefined) throw errorAt({ file: this.file, line: 1 }, 'this file holds no YAML document; give a cluster.yaml.');
    const [error] = document.errors;
    if (error !== undefined) throw this.syntaxError(error.pos[0], error.message);
    if (second !== undefined) {
      throw errorAt(this.placeOf(second.range[0]), 'a second YAML document begins here, but one is expected; remove the line "---".');
    }
    return document;
  }

  /** The parser's tokens, as long as the nesting stays shallow enough for the recursive composer. */
  private *tokens(text: string): Generator<CST.Token> {
    const parser = new Parser(this.lines.addNewLine);
    this.lines.addNewLine(0);
    for (const lexeme of new Lexer().lex(text)) {
      for (const token of parser.next(lexeme)) {
        if (token.type === 'error') throw this.syntaxError(token.offset, token.message);
        yield token;
      }
      if (parser.stack.length > DEEPEST) {
        throw errorAt(
          this.placeOf(parser.offset),
          `more than ${DEEPEST} levels are nested here, which no cluster.yaml needs; is this the right file?`,
        );
      }
    }
    yield* parser.end();
  }

  private syntaxError(offset: number, message: string): UsageError {
    const { line, col } = this.lines.linePos(offset);
    const reason = printed(message.replace(/\s+/g, ' ').replace(/[.:]?$/, ''), 200);
    return new UsageError(
      `${sayPlace({ file: this.file, line })}, column ${col}: this is not valid YAML (${reason}); mend the line, or the one before it.`,
    );
  }

  private placeOf(offset: number): Place {
    return { file: this.file, line: Math.max(1, this.lines.linePos(offset).line) };
  }

  private at(node: Node | null | undefined, lineIfEmpty: number): At {
    const place = node?.range ? this.placeOf(node.range[0]) : { file: this.file, line: lineIfEmpty };
    if (!isAlias(node)) return { node: node ?? null, place };
    this.aliases++;
    if (this.aliases > MOST_ALIASES) throw errorAt(place, `more than ${MOST_ALIASES} aliases (*name) are used; write the values out.`);
    const target = node.resolve(this.document) as Node | undefined;
    if (target === undefined) throw errorAt(place, `the alias ${quoted(`*${node.source}`)} has no anchor above it; write the value out.`);
    return { node: target, place };
  }

  private isEmpty(at: At): boolean {
    return at.node === null || (isScalar(at.node) && at.node.value === null);
  }

  /** The values of a map by key. Empty values are left out. */
  private map<K extends string>(at: At, keys: readonly K[], what: string): Map<K, At> {
    const found = new Map<K, At>();
    if (this.isEmpty(at)) return found;
    if (!isMap(at.node))
      throw errorAt(at.place, `${what} should have keys (${keys.join(', ')}), but is ${kindOf(at.node)}; write "key: value" pairs.`);
    const lines = new Map<string, number | null>();
    for (const pair of at.node.items) {
      const keyAt = this.at(pair.key as Node | null, at.place.line ?? 1);
      const key = isScalar(keyAt.node) ? scalarText(keyAt.node) : '';
      const known = keys.find((name) => name === key);
      if (known === undefined) {
        const nearest = nearestWord(key, keys);
        const hint = nearest === null ? `known keys are ${keys.join(', ')}` : `did you mean ${quoted(nearest)}?`;
        throw errorAt(keyAt.place, `${quoted(key)} is no key of ${what}; ${hint}${nearest === null ? '.' : ''}`);
      }
      if (lines.has(known))
        throw errorAt(
          keyAt.place,
          `the key ${quoted(known)} stands a second time in ${what}, first in line ${lines.get(known)}; join the two.`,
        );
      lines.set(known, keyAt.place.line);
      const value = this.at(pair.value as Node | null, keyAt.place.line ?? 1);
      if (!this.isEmpty(value)) found.set(known, value);
    }
    return found;
  }

  private list(at: At | undefined, what: string): At[] {
    if (at === undefined) return [];
    if (!isSeq(at.node)) throw errorAt(at.place, `"${what}" should be a list, but is ${kindOf(at.node)}; begin each entry with "- ".`);
    return at.node.items.map((item) => this.at(item as Node | null, at.place.line ?? 1));
  }

  /** A list of scalars, or one alone. */
  private texts(at: At | undefined, what: string): { text: string; place: Place }[] {
    if (at === undefined) return [];
    const items = isSeq(at.node) ? this.list(at, what) : [at];
    return items.map((item) => ({ text: this.text(item, what), place: item.place }));
  }

  private text(at: At, what: string): string {
    if (!isScalar(at.node) || at.node.value === null)
      throw errorAt(at.place, `"${what}" should be a plain value, but is ${kindOf(at.node)}.`);
    return scalarText(at.node).trim();
  }

  private name(at: At | undefined): string | null {
    if (at === undefined) return null;
    const name = this.text(at, 'name');
    if (name === '') throw errorAt(at.place, 'the name is empty; give one, or leave the key out.');
    if (hasUnprintable(name))
      throw errorAt(
        at.place,
        `the name ${quoted(name)} holds a character that cannot be printed; use letters, digits, "-", "." and the like.`,
      );
    if (name.length > LONGEST_NAME)
      throw errorAt(at.place, `the name ${quoted(name)} has ${name.length} characters, but at most ${LONGEST_NAME} are expected.`);
    return name;
  }

  private word<W extends string>(at: At, words: readonly W[], what: string): W {
    const text = this.text(at, what);
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    const nearest = nearestWord(text, words);
    const expected = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
    throw errorAt(
      at.place,
      `"${what}" reads ${quoted(text)}, but ${expected} is expected${nearest === null ? '.' : `; did you mean ${quoted(nearest)}?`}`,
    );
  }

  private machine(at: At, list: 'directors' | 'realServers' | 'gateways'): GivenMachine {
    const what = `an entry of ${list}`;
    const parts: Map<string, At> = list === 'directors' ? this.map(at, KEYS.director, what) : this.map(at, KEYS.machine, what);
    const name = this.name(parts.get('name'));
    const ips = ['ip', 'ips']
      .flatMap((key) => this.texts(parts.get(key), key))
      .map(({ text, place }) => readIp(text, place, `the IP address of ${what}`));
    const macs = ['mac', 'macs']
      .flatMap((key) => this.texts(parts.get(key), key))
      .map(({ text, place }) => readMac(text, place, `the MAC address of ${what}`));
    if (ips.length === 0 && macs.length === 0) {
      throw errorAt(
        at.place,
        `${what}${name === null ? '' : ` (${printed(name)})`} has neither an IP nor a MAC address; give "ip" or "macs", so that its frames can be known.`,
      );
    }
    const activeAt = parts.get('active');
    const active = activeAt === undefined ? 'by-vrrp' : this.word(activeAt, ['always', 'by-vrrp'] as const, 'active');
    return { name, ips: [...new Set(ips)], macs: [...new Set(macs)], active, where: sayPlace(at.place) };
  }

  private refuseSecondName(machines: readonly GivenMachine[]): void {
    const first = new Map<string, GivenMachine>();
    for (const machine of machines) {
      if (machine.name === null) continue;
      const earlier = first.get(machine.name);
      if (earlier === undefined) {
        first.set(machine.name, machine);
        continue;
      }
      const same = machine.ips.some((ip) => earlier.ips.includes(ip)) || machine.ips.length === 0 || earlier.ips.length === 0;
      if (same) continue;
      const line = Number(machine.where?.match(/line (\d+)$/)?.[1] ?? 1);
      throw errorAt(
        { file: this.file, line },
        `${printed(machine.name)} has the IP address ${machine.ips.join(', ')} here but ${earlier.ips.join(', ')} in ${earlier.where}; give each machine its own name, or list all its addresses in "ips" once.`,
      );
    }
  }

  private vip(at: At, byName: ReadonlyMap<string | null, GivenMachine>, realServers: GivenMachine[]): GivenVip {
    if (isScalar(at.node) && at.node.value !== null) {
      throw errorAt(
        at.place,
        `an entry of vips should have keys, but is the value ${quoted(scalarText(at.node))}; write "- ip: ${printed(scalarText(at.node))}".`,
      );
    }
    const parts = this.map(at, KEYS.vip, 'an entry of vips');
    const ipAt = parts.get('ip');
    if (ipAt === undefined) throw errorAt(at.place, 'an entry of vips has no "ip"; give the virtual IP address.');
    const ip = readIp(this.text(ipAt, 'ip'), ipAt.place, 'the VIP');
    const servicesAt = parts.get('services');
    const entries = servicesAt === undefined ? [] : isSeq(servicesAt.node) ? this.list(servicesAt, 'services') : [servicesAt];
    const services = entries.map((entry) => this.service(entry, byName, realServers));
    return { ip, services, where: sayPlace(at.place) };
  }

  private service(at: At, byName: ReadonlyMap<string | null, GivenMachine>, realServers: GivenMachine[]): GivenService {
    const base = { persistentSeconds: null, onePacket: false, where: sayPlace(at.place) };
    if (isScalar(at.node) && at.node.value !== null)
      return { ...base, ...readService(scalarText(at.node).trim(), at.place), mode: null, realServers: [] };
    const parts = this.map(at, KEYS.service, 'a service');
    const onAt = parts.get('on');
    if (onAt === undefined) throw errorAt(at.place, 'a service has no "on"; give its port and protocol, such as "on: 80/tcp".');
    const modeAt = parts.get('mode');
    const mode = modeAt === undefined ? null : this.word(modeAt, MODES, 'mode');
    const targets = this.list(parts.get('realServers'), 'realServers').map((target) => this.target(target, mode, byName, realServers));
    return { ...base, ...readService(this.text(onAt, 'on'), onAt.place), mode, realServers: targets };
  }

  private target(
    at: At,
    serviceMode: GivenService['mode'],
    byName: ReadonlyMap<string | null, GivenMachine>,
    realServers: GivenMachine[],
  ): GivenTarget {
    const what = 'a real server of a service';
    const parts = this.map(at, KEYS.target, what);
    const name = this.name(parts.get('name'));
    const ipAt = parts.get('ip');
    const ip = ipAt === undefined ? null : readIp(this.text(ipAt, 'ip'), ipAt.place, `the IP address of ${what}`);
    if (name === null && ip === null) throw errorAt(at.place, `${what} has neither "name" nor "ip"; give one of them.`);
    if (ip !== null) {
      const machine = name === null ? undefined : byName.get(name);
      if (machine !== undefined && machine.ips.length > 0 && !machine.ips.includes(ip)) {
        throw errorAt(
          at.place,
          `${printed(name ?? '')} has the IP address ${ip} here but ${machine.ips.join(', ')} in ${machine.where}; keep one of the two.`,
        );
      }
      realServers.push({ name, ips: [ip], macs: [], active: 'by-vrrp', where: sayPlace(at.place) });
    }
    const portAt = parts.get('port');
    const weightAt = parts.get('weight');
    const modeAt = parts.get('mode');
    return {
      name,
      ip,
      port: portAt === undefined ? null : readPort(this.text(portAt, 'port'), portAt.place),
      weight: weightAt === undefined ? null : readNumber(this.text(weightAt, 'weight'), 2 ** 31, weightAt.place, 'the weight'),
      mode: modeAt === undefined ? serviceMode : this.word(modeAt, MODES, 'mode'),
    };
  }

  private ignore(at: At): GivenIgnore {
    const parts = this.map(at, KEYS.ignore, 'an entry of ignore');
    const ruleAt = parts.get('rule');
    if (ruleAt === undefined)
      throw errorAt(at.place, 'an entry of ignore has no "rule"; give the name of a rule, such as uneven-distribution.');
    const rule = this.text(ruleAt, 'rule');
    if (!/^[A-Za-z0-9-]{1,60}$/.test(rule))
      throw errorAt(ruleAt.place, `${quoted(rule)} is no name of a rule; give one such as uneven-distribution.`);
    const ipAt = parts.get('ip');
    return { rule, ip: ipAt === undefined ? null : readIp(this.text(ipAt, 'ip'), ipAt.place, 'the IP address of an entry of ignore') };
  }
}

/** `80/tcp` or `any/udp`. @throws UsageError naming `place`. */
function readService(text: string, place: Place): { protocol: GivenService['protocol']; port: number } {
  const match = /^(\d{1,5}|any)\/(tcp|udp|sctp)$/.exec(text);
  const port = match?.[1] === 'any' ? 0 : Number(match?.[1]);
  if (match !== null && port <= 65535) return { protocol: match[2] as GivenService['protocol'], port };
  const turned = /^(tcp|udp|sctp)[/:](\d{1,5})$/i.exec(text);
  const hint =
    turned !== null
      ? `; write ${turned[2]}/${turned[1]?.toLowerCase()}`
      : /^\d{1,5}$/.test(text)
        ? `; write ${text}/tcp or ${text}/udp`
        : '';
  throw errorAt(place, `the service reads ${quoted(text)}, but a port and a protocol such as 80/tcp are expected${hint}.`);
}

/** A scalar as it was written, so that 0123 and 1e3 stay what they look like. */
function scalarText(scalar: { readonly value: unknown; readonly source?: string }): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value));
}

function kindOf(node: Node | null): string {
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (isScalar(node) && node.value !== null) return `the value ${quoted(scalarText(node))}`;
  return 'empty';
}
