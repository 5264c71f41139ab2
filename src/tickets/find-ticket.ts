/** From the address that a browser shows to the ticket system and the ticket. */
import { printable } from '../reports/printable.ts';
import { UsageError } from '../usage-error.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { jira } from './jira.ts';
import { isLoopback } from './loopback.ts';
import { requestTracker } from './request-tracker.ts';
import type { Ticket, TicketSystem } from './ticket-system.ts';
import { webhook } from './webhook.ts';

/** GitHub last: its addresses have the least that is their own. */
const SYSTEMS: readonly TicketSystem[] = [requestTracker, jira, gitlab, github];

export interface FoundTicket {
  readonly system: TicketSystem;
  readonly ticket: Ticket;
}

/** @throws UsageError when it is no address of a ticket, or one that would betray a token. */
export function findTicket(typed: string): FoundTicket {
  const address = readAddress(typed, '--ticket');
  for (const system of SYSTEMS) {
    const ticket = system.recognise(address);
    if (ticket !== null) return { system, ticket };
  }
  const examples = SYSTEMS.map(({ name, example }) => `${example} (${name})`).join(', ');
  throw new UsageError(
    `${printable(typed)} is no address of a ticket that is known here; expected one as the browser shows it, such as ${examples}; for anything else there is --webhook.`,
  );
}

/** @throws UsageError when it is no address, or one that would betray a token. */
export function findWebhook(typed: string): FoundTicket {
  return { system: webhook, ticket: webhook.recognise(readAddress(typed, '--webhook'))! };
}

function readAddress(typed: string, option: string): URL {
  const address = URL.canParse(typed) ? new URL(typed) : null;
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new UsageError(`${printable(typed)}, given with ${option}, is no web address; give it whole, beginning with https://.`);
  }
  if (address.username !== '' || address.password !== '') {
    throw new UsageError(
      `the address given with ${option} holds a name or password, which every user of this machine can see; take it out, and give a token with --token-file.`,
    );
  }
  if (address.protocol === 'http:' && !isLoopback(address)) {
    throw new UsageError(
      `${address.origin} is not encrypted: token and report could be read and changed on the way; give the address with https://.`,
    );
  }
  address.hash = '';
  return address;
}
