/**
 * `--webhook URL`: tells an Alertmanager (a URL that ends in /api/v2/alerts) or any server that takes JSON. A server that is slow, gone or
 * wrong costs nothing but memory that is bounded.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from '../diagnosis.ts';
import { ConnectionFault, openHttp, type Send } from '../tickets/http.ts';
import { EventQueue } from './event-queue.ts';
import { culpritsText } from './event-text.ts';
import type { FindingEvent, LiveEvent } from './live-event.ts';

/** First wait after a failure, doubled each time, and the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Tries for one event, over a quarter of an hour. */
const MAX_TRIES = 20;
/** Events that wait for the server. */
const MAX_WAITING = 1_000;
/** Alertmanager takes an alert for ended that is not told again: how often it is, and how long one telling lasts. */
const TELL_AGAIN_MS = 60_000;
const LASTS_MS = 300_000;
const TIMEOUTS = { connectTimeoutMs: 5_000, silenceMs: 10_000, wholeMs: 15_000, largestAnswer: 64 * 1024 };

export interface Webhook {
  tell(event: LiveEvent): void;
  /** Tells what waits, but takes no longer than this. */
  close(withinMs: number): Promise<void>;
}

export interface WebhookOptions {
  readonly url: string;
  /** Name of the interface, for labels. */
  readonly captureName: string;
  /** Told in a sentence when something cannot be told. */
  readonly failed: (sentence: string) => void;
  /** Milliseconds to wait after a first failure; for tests. */
  readonly firstWaitMs?: number;
}

/** The kind of server is told by the end of its URL. */
export function openWebhook(options: WebhookOptions): Webhook {
  const { pathname } = new URL(options.url);
  return pathname.endsWith('/api/v2/alerts') ? new Alertmanager(options) : new JsonHook(options);
}

/** Sends one body until it is taken; what became of it as the end of a sentence, or null when it was taken. */
class Delivery {
  readonly #send: Send;
  readonly #close: () => Promise<void>;
  readonly #options: WebhookOptions;
  readonly #ended = new AbortController();

  constructor(options: WebhookOptions) {
    const { send, close } = openHttp(TIMEOUTS);
    this.#send = send;
    this.#close = close;
    this.#options = options;
  }

  get isEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#close();
  }

  async deliver(body: () => unknown): Promise<string | null> {
    let waitMs = this.#options.firstWaitMs ?? FIRST_WAIT_MS;
    for (let tries = 1; ; tries++) {
      const problem = await this.#try(body());
      if (problem === null) return null;
      if (!problem.passing || tries >= MAX_TRIES || this.isEnded) return problem.says;
      await wait(waitMs, undefined, { signal: this.#ended.signal, ref: false }).catch(() => {});
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  async #try(body: unknown): Promise<{ says: string; passing: boolean } | null> {
    try {
      const headers = { 'content-type': 'application/json', 'user-agent': 'lvs-doctor' };
      const { status } = await this.#send({ method: 'POST', url: this.#options.url, headers, body: Buffer.from(JSON.stringify(body)) });
      if (status >= 200 && status < 300) return null;
      return { says: `answers with status ${status}`, passing: status >= 500 || status === 408 || status === 429 };
    } catch (error) {
      if (error instanceof ConnectionFault) return { says: error.message, passing: true };
      return { says: error instanceof Error ? error.message : String(error), passing: true };
    }
  }
}

/** Each event as it is printed by -f json, in order. */
class JsonHook implements Webhook {
  readonly #delivery: Delivery;
  readonly #queue: EventQueue<LiveEvent>;
  readonly #options: WebhookOptions;
  #isFull = false;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options);
    this.#queue = new EventQueue(MAX_WAITING, 1, async (event) => {
      const problem = await this.#delivery.deliver(() => event);
      if (problem !== null && !this.#delivery.isEnded)
        options.failed(`The webhook ${originOf(options.url)} ${problem}: an event of ${event.time} was not told.`);
    });
  }

  tell(event: LiveEvent): void {
    const isTaken = this.#queue.add(event);
    if (!isTaken && !this.#isFull) {
      this.#options.failed(
        `The webhook ${originOf(this.#options.url)} takes no events: ${MAX_WAITING} wait for it, and further ones are not told.`,
      );
    }
    this.#isFull = !isTaken;
  }

  async close(withinMs: number): Promise<void> {
    await this.#queue.drain(withinMs);
    await this.#delivery.end();
  }
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  finding: Finding;
  endedMs: number | null;
}

/** All alerts that stand, at each change and once a minute. */
class Alertmanager implements Webhook {
  readonly #delivery: Delivery;
  readonly #alerts = new Map<string, Alert>();
  readonly #options: WebhookOptions;
  readonly #queue: EventQueue<null>;
  readonly #timer: NodeJS.Timeout;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options);
    // One telling may wait while another is under way: it tells all of what has changed by then.
    this.#queue = new EventQueue(1, 1, async () => {
      const told = [...this.#alerts];
      const problem = await this.#delivery.deliver(() => [...this.#alerts.values()].map((alert) => alertOf(alert)));
      if (problem !== null) {
        if (!this.#delivery.isEnded)
          options.failed(`The Alertmanager at ${originOf(options.url)} ${problem}: ${told.length} alerts were not told.`);
        return;
      }
      for (const [id, alert] of told) if (alert.endedMs !== null && this.#alerts.get(id) === alert) this.#alerts.delete(id);
    });
    this.#timer = setInterval(() => this.#tellAll(), TELL_AGAIN_MS);
    this.#timer.unref();
  }

  tell(event: LiveEvent): void {
    if (event.event === 'notice' || event.event === 'heartbeat') return;
    const { id } = event.finding;
    const known = this.#alerts.get(id);
    const isOver = event.event === 'resolved' || event.event === 'quiet';
    if (known === undefined && isOver) return;
    const endedMs = isOver ? Date.now() : null;
    // Labels are an alert's identity: they stay as they were when it was found.
    this.#alerts.set(id, { labels: known?.labels ?? labelsOf(event, this.#options.captureName), finding: event.finding, endedMs });
    this.#tellAll();
  }

  async close(withinMs: number): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue.drain(withinMs);
    await this.#delivery.end();
  }

  #tellAll(): void {
    if (this.#alerts.size > 0) this.#queue.add(null);
  }
}

function labelsOf({ finding }: FindingEvent, captureName: string): Record<string, string> {
  const culprit = finding.culprits.map(({ ip, mac, name }) => name ?? ip ?? mac ?? '').join(',');
  const { rule, code, severity, vip } = finding;
  return { alertname: 'LvsDoctor', rule, code, severity, vip: vip ?? '', culprit, interface: captureName };
}

function alertOf({ labels, finding, endedMs }: Alert): unknown {
  const endsAt = new Date(endedMs ?? Date.now() + LASTS_MS).toISOString();
  return {
    labels,
    annotations: {
      summary: `${finding.rule} (${finding.code}): ${culpritsText(finding.culprits)}`,
      description: finding.message,
      confidence: finding.confidence,
      remedy: finding.remedy.why,
    },
    startsAt: new Date(Date.parse(finding.first)).toISOString(),
    endsAt,
  };
}

/** The URL without what may be a secret in it. */
function originOf(url: string): string {
  return new URL(url).origin;
}
