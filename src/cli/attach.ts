/** `lvs-doctor attach <diagnosis.json>` */
import type { Command } from 'commander';
import type { Diagnosis } from '../diagnosis.ts';
import { printable } from '../reports/printable.ts';
import type { FoundTicket } from '../tickets/find-ticket.ts';
import type { Reports } from '../tickets/make-attachment.ts';
import type { Attachment } from '../tickets/ticket-system.ts';
import { UsageError } from '../usage-error.ts';
import { list } from './options.ts';

interface AttachOptions {
  readonly ticket?: string;
  readonly webhook?: string;
  readonly evidence?: readonly string[];
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
}

const HELP = `
The address of the ticket is the one that the browser shows:
  https://rt.example/Ticket/Display.html?id=123        Request Tracker
  https://jira.example/browse/OPS-123                  Jira
  https://gitlab.example/group/project/-/issues/123    GitLab, also merge requests
  https://github.com/owner/repository/issues/123       GitHub, also pull requests; takes the comment, no files

The token is read from --token-file or from the environment variable LVS_DOCTOR_TOKEN; for Jira Cloud it is you@example.com:token.
What is there already is not attached again.

Exit codes: 0 attached, or there already; 2 not attached.`;

export function addAttachCommand(program: Command): void {
  program
    .command('attach')
    .summary('put a saved diagnosis and its evidence onto a ticket')
    .description(
      "Puts what 'lvs-doctor diagnose -f json' wrote onto a ticket: the summary as comment, the report and the evidence as files.",
    )
    .argument('<diagnosis.json>', 'a saved diagnosis')
    .option('--ticket <url>', 'the ticket: Request Tracker, Jira, GitLab or GitHub')
    .option('--webhook <url>', 'instead of a ticket: any address that takes the diagnosis as JSON')
    .addOption(list('--evidence <file>', 'attach this file too, such as the evidence frames; repeatable'))
    .option('--token-file <file>', 'a file that holds the token and nothing else')
    .option('--ca <file>', 'trust the authorities in this file (PEM), and no others')
    .option('--dry-run', 'show what would be sent, and send nothing')
    .option('-v, --verbose', 'with --dry-run also the comment; the stack of an internal error')
    .addHelpText('after', HELP)
    .action(run);
}

async function run(file: string, options: AttachOptions): Promise<void> {
  // Whatever happens, the diagnosis must still be there afterwards.
  if (file === '-')
    throw new UsageError('attach reads no standard input: save the diagnosis in a file, so that it is not lost when this fails.');
  const found = await findPlace(options);
  const { readAuthorities, readEvidence, readToken, TOKEN_VARIABLE } = await import('./read-for-ticket.ts');
  const token = readToken(options.tokenFile);
  const ca = options.ca === undefined ? undefined : readAuthorities(options.ca);
  const evidence = readEvidence(options.evidence ?? []);
  const { readDiagnosis } = await import('./read-diagnosis.ts');
  const diagnosis = await readDiagnosis(file);
  const { packageVersion } = await import('../package-file.ts');
  const { makeAttachment } = await import('../tickets/make-attachment.ts');
  const attachment = makeAttachment(diagnosis, await renderReports(diagnosis), evidence, `lvs-doctor ${packageVersion()}`);
  const { writeOutput } = await import('./write-output.ts');
  if (options.dryRun === true) {
    const { rehearse } = await import('../tickets/rehearse.ts');
    return writeOutput(rehearse(found, attachment, { token, verbose: options.verbose ?? false }), undefined);
  }
  if (token === null && options.webhook === undefined) {
    throw new UsageError(`${found.system.name} needs a token: give a file that holds it with --token-file, or set ${TOKEN_VARIABLE}.`);
  }
  const place = options.ticket ?? `the webhook at ${new URL(found.ticket.api).host}`;
  const files = [file, ...(options.evidence ?? [])];
  await writeOutput(await attach(found, attachment, { token, ca, place: printable(place), files }), undefined);
}

async function findPlace({ ticket, webhook }: AttachOptions): Promise<FoundTicket> {
  const { findTicket, findWebhook } = await import('../tickets/find-ticket.ts');
  if (ticket !== undefined && webhook === undefined) return findTicket(ticket);
  if (webhook !== undefined && ticket === undefined) return findWebhook(webhook);
  throw new UsageError(
    ticket === undefined
      ? 'attach needs to know where: give the address of the ticket with --ticket, as the browser shows it, or that of a webhook with --webhook.'
      : 'attach puts a diagnosis onto one ticket or sends it to one webhook: give --ticket or --webhook, not both.',
  );
}

interface Delivery {
  readonly token: string | null;
  readonly ca: string | undefined;
  /** For people: where it goes. */
  readonly place: string;
  /** What was read, as typed. */
  readonly files: readonly string[];
}

/** Attaches, and tells what came of it. @throws UsageError when it is not attached. */
async function attach(found: FoundTicket, attachment: Attachment, { token, ca, place, files }: Delivery): Promise<string> {
  const { openHttp } = await import('../tickets/http.ts');
  const { converse, SYSTEM_CLOCK } = await import('../tickets/converse.ts');
  const { NotAttached } = await import('../tickets/exchange.ts');
  const http = openHttp(ca === undefined ? {} : { ca });
  try {
    const { state, notes } = await converse(found.system.attach(found.ticket, attachment), {
      system: found.system,
      token,
      send: http.send,
      clock: SYSTEM_CLOCK,
      userAgent: attachment.tool.replace(' ', '/'),
      onWait: (reason, seconds) => process.stderr.write(`lvs-doctor: ${reason}; the next try is in ${seconds} s.\n`),
    });
    if (state === 'there') return `Already attached to ${place} as ${attachment.id}; nothing was sent.\n`;
    return `${[`Attached to ${place} as ${attachment.id}.`, ...notes].join('\n')}\n`;
  } catch (error) {
    if (!(error instanceof NotAttached)) throw error;
    const kept = files.map(printable).join(' and ');
    throw new UsageError(
      `not attached to ${place}: ${error.message}. Nothing is lost: ${kept} ${files.length === 1 ? 'stays' : 'stay'}, and the same command attaches what is missing.`,
    );
  } finally {
    await http.close();
  }
}

/** Nobody knows how wide the window is in which a ticket is read: 80 columns fit. */
const TEXT = { color: false, width: 80, sourceFiles: new Map<string, string>(), verbose: false };

async function renderReports(diagnosis: Diagnosis): Promise<Reports> {
  const { renderText } = await import('../reports/text.ts');
  const { renderMarkdown } = await import('../reports/markdown.ts');
  const { renderHtml } = await import('../reports/html.ts');
  const { fenced } = await import('../reports/markdown/inline.ts');
  const text = renderText(diagnosis, { ...TEXT, quiet: false });
  const short = renderText(diagnosis, { ...TEXT, quiet: true });
  return {
    text: [text, short],
    markdown: [renderMarkdown(diagnosis), fenced(short.trimEnd().split('\n'), 'text').join('\n')],
    file: { extension: 'html', type: 'text/html', content: await renderHtml(diagnosis) },
  };
}
