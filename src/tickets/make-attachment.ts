/** What is put onto a ticket: the report, in every form that a ticket system may want, and the evidence, under names that a later run finds again. */
import { createHash } from 'node:crypto';
import type { Diagnosis } from '../diagnosis.ts';
import type { Attachment, FileToAttach } from './ticket-system.ts';

export interface Reports {
  /** As in `Attachment`. */
  readonly text: readonly [string, ...string[]];
  readonly markdown: readonly [string, ...string[]];
  /** The report as a file of its own. */
  readonly file: { readonly extension: string; readonly type: string; readonly content: string };
}

export interface EvidenceFile {
  /** Without directories. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The id depends on the diagnosis and the evidence alone: another version of the reports is no reason to attach them again. */
export function makeAttachment(diagnosis: Diagnosis, reports: Reports, evidence: readonly EvidenceFile[], tool: string): Attachment {
  const parts = [JSON.stringify(diagnosis), ...evidence.map(({ bytes }) => bytes)];
  const id = sha256(parts.map(sha256).join()).slice(0, 16);
  const report = {
    name: `lvs-doctor-report-${id}.${reports.file.extension}`,
    type: reports.file.type,
    bytes: Buffer.from(reports.file.content),
  };
  const files = [report, ...evidence.map((file, i) => evidenceFile(file, id, i))];
  return { id, tool, text: reports.text, markdown: reports.markdown, files, diagnosis };
}

/** `mirror.pcapng` becomes `mirror-0123456789abcdef.pcapng`; a second file of that name gets a number. */
function evidenceFile({ name, bytes }: EvidenceFile, id: string, index: number): FileToAttach {
  const [, before = '', extension = ''] = /^([\s\S]*?)((?:\.[A-Za-z0-9]{1,10}){0,2})$/.exec(name) ?? [];
  const stem = before.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-|-$/g, '');
  const number = index === 0 ? '' : `-${index + 1}`;
  // What a system takes for text it may convert.
  return { name: `${stem.slice(0, 60) || 'evidence'}-${id}${number}${extension}`, type: 'application/octet-stream', bytes };
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
