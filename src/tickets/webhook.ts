/**
 * Any address that takes JSON. There is nothing to look up, so who receives must drop what it has already: each sending of the same attachment has the same
 * Idempotency-Key (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 */
import { createHash } from 'node:crypto';
import { thousands } from '../thousands.ts';
import type { Exchange } from './exchange.ts';
import { type Attachment, mark, type Outcome, type Ticket, type TicketSystem } from './ticket-system.ts';

export const webhook: TicketSystem = {
  name: 'the webhook',
  example: 'https://alerts.example/lvs-doctor',
  recognise: (address) => ({ api: address.href, path: '' }),
  authorize: (token) => ['authorization', `Bearer ${token}`],
  attach,
};

function* attach(ticket: Ticket, attachment: Attachment): Exchange<Outcome> {
  const { id, tool, text, markdown, diagnosis, files } = attachment;
  const body = {
    schema: 'lvs-doctor/attachment@1',
    id,
    tool,
    text: text[0],
    markdown: `${markdown[0]}\n\n${mark(attachment)}`,
    diagnosis,
    files: files.map(({ name, type, bytes }) => ({
      name,
      type,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      content: Buffer.from(bytes).toString('base64'),
    })),
  };
  yield {
    method: 'POST',
    url: ticket.api,
    headers: { 'content-type': 'application/json', 'idempotency-key': `"${id}"` },
    body: Buffer.from(JSON.stringify(body)),
    purpose: 'send the diagnosis',
    carries: ['the diagnosis as JSON, text and Markdown', ...files.map(({ name, bytes }) => `${name}: ${thousands(bytes.length)} bytes`)],
    repeatable: true,
    imagined: null,
  };
  return { state: 'sent', notes: [] };
}
