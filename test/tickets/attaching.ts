/** Attaches to a server of the test, with a clock that only the code under test moves. */
import { onTestFinished } from 'vitest';
import { type Clock, converse } from '../../src/tickets/converse.ts';
import { findTicket, findWebhook } from '../../src/tickets/find-ticket.ts';
import { type HttpOptions, openHttp } from '../../src/tickets/http.ts';
import type { Attachment, Outcome } from '../../src/tickets/ticket-system.ts';
import { TOKEN } from './fakes.ts';

export const ID = '0123456789abcdef';

export const ATTACHMENT: Attachment = {
  id: ID,
  tool: 'lvs-doctor 1.2.3',
  text: ['FAULT: <b>two & three</b> {noformat} answer ARP — für 203.0.113.100.\n', 'FAULT: short\n'],
  markdown: ['## FAULT\n\ntwo machines', '## FAULT'],
  files: [
    { name: `report-${ID}.html`, type: 'text/html', bytes: Buffer.from('<!DOCTYPE html><p>Ünïcode\r\n--lvs-doctor--\r\n') },
    { name: `mirror-${ID}.pcapng`, type: 'application/octet-stream', bytes: Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256)) },
  ],
  diagnosis: { schema: 'lvs-doctor/diagnosis@1', verdict: 'fault' },
};

export interface Attaching extends HttpOptions {
  readonly token?: string | null;
  readonly attachment?: Attachment;
  readonly isWebhook?: boolean;
}

/** The outcome, and what was waited: seconds. */
export async function attachTo(address: string, options: Attaching = {}): Promise<{ readonly outcome: Outcome; readonly waits: number[] }> {
  const waits: number[] = [];
  let now = Date.parse('2026-11-20T09:00:00Z');
  const clock: Clock = {
    now: () => now,
    wait: async (milliseconds) => {
      now += milliseconds;
      waits.push(milliseconds / 1000);
    },
  };
  const { token = TOKEN, attachment = ATTACHMENT, isWebhook = false, ...http } = options;
  const { system, ticket } = isWebhook ? findWebhook(address) : findTicket(address);
  const { send, close } = openHttp(http);
  onTestFinished(close);
  const outcome = await converse(system.attach(ticket, attachment), {
    system,
    token,
    send,
    clock,
    userAgent: 'lvs-doctor/1.2.3',
    onWait: () => {},
  });
  return { outcome, waits };
}
