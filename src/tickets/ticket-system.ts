/** What the files of the ticket systems have in common: a ticket, what is to be attached, and what came of it. */
import { type Exchange, NotAttached } from './exchange.ts';

/** A ticket, read from the address that a browser shows. */
export interface Ticket {
  /** Where the interface for programs begins, without a slash at the end. */
  readonly api: string;
  /** The ticket below `api`, as its paths name it, ready to be part of a path. */
  readonly path: string;
}

export interface FileToAttach {
  /** Letters, digits, dot, dash, underscore: safe in headers, paths and markup of every system. It holds the `id` of what is attached. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface Attachment {
  /** The same for the same diagnosis and evidence, and for nothing else: 16 hexadecimal digits. What is looked for before anything is sent. */
  readonly id: string;
  /** The report as plain text in lines of at most 100 columns, and shorter versions of it, the longest first. */
  readonly text: readonly [string, ...string[]];
  /** As Markdown, likewise. */
  readonly markdown: readonly [string, ...string[]];
  /** The first is the report. */
  readonly files: readonly FileToAttach[];
  /** For programs: the diagnosis itself. */
  readonly diagnosis: object;
  /** Who attaches, such as `lvs-doctor 1.2.3`. */
  readonly tool: string;
}

export interface Outcome {
  /** 'there': an earlier run had attached it, and nothing was sent. */
  readonly state: 'sent' | 'there';
  /** Sentences that the user should know. */
  readonly notes: readonly string[];
}

export interface TicketSystem {
  readonly name: string;
  /** How the address of a ticket looks in a browser. */
  readonly example: string;
  /** Null when this is not the address of a ticket of this system. */
  recognise(address: URL): Ticket | null;
  /** The header that carries the token. */
  authorize(token: string): readonly [name: string, value: string];
  attach(ticket: Ticket, attachment: Attachment): Exchange<Outcome>;
  /** What a status means here, where it means something else than in HTTP at large: the end of a sentence. */
  readonly meanings?: Readonly<Record<number, string>>;
}

/** The line that a later run looks for, and that people may follow. */
export function mark({ tool, id }: Attachment): string {
  return `Attached by ${tool} as ${id}.`;
}

/** The first of these that has room; the last one is cut where none has. Lengths in UTF-16 units, as the systems count or stricter. */
export function fitting(versions: readonly [string, ...string[]], room: number): string {
  return versions.find((version) => version.length <= room) ?? `${versions.at(-1)!.slice(0, Math.max(0, room - 1))}…`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws NotAttached for an answer that is no list of objects: then something else than the ticket system is at this address. */
export function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (Array.isArray(value) && value.every(isRecord)) return value;
  throw new NotAttached('the answer is JSON of another shape than expected; is the address that of the ticket?');
}
