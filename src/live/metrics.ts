/** `--metrics [host:]port`: what a watch has seen and found, for Prometheus. Numbers are read when they are asked for. */
import { createServer, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { Counter, Gauge, Registry } from 'prom-client';
import { UsageError } from '../usage-error.ts';
import type { LiveEvent } from './live-event.ts';
import type { Watch } from './watch.ts';

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** `9109`, `:9109`, `0.0.0.0:9109`, `[::1]:9109`; without a host only this machine can ask. @throws UsageError when it cannot be meant */
export function metricsAddress(text: string): MetricsAddress {
  const match = /^(?:(\[[0-9a-fA-F:.%]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new UsageError(`--metrics ${text} was given; a port was expected, or host:port, such as 9109, 0.0.0.0:9109 or [::1]:9109.`);
  }
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #events: Counter<'rule' | 'event'>;
  readonly #server: Server;
  #watch: Watch | null = null;

  private constructor(server: Server) {
    this.#server = server;
    const registers = [this.#registry];
    this.#events = new Counter({
      name: 'lvs_doctor_events_total',
      help: 'Events told, by rule.',
      labelNames: ['rule', 'event'],
      registers,
    });
    const watch = () => this.#watch;
    const count = (name: string, help: string, value: (watch: Watch) => number | null) =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          const current = watch();
          this.reset();
          this.inc((current === null ? null : value(current)) ?? 0);
        },
      });
    const read = (name: string, help: string, value: (watch: Watch) => number | null) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          const current = watch();
          const now = current === null ? null : value(current);
          if (now === null) this.remove();
          else this.set(now);
        },
      });
    count('lvs_doctor_frames_total', 'Frames taken in.', ({ judge }) => judge.frames);
    count('lvs_doctor_bytes_total', 'Bytes of these frames on the wire.', ({ bytes }) => bytes);
    count('lvs_doctor_dropped_frames_total', 'Frames that the capturing system lost.', ({ dropped }) => dropped);
    read('lvs_doctor_lag_seconds', 'From the time of a frame to when it was taken in, at most, at the newest tick.', ({ costs }) =>
      costs.lagMs === null ? null : costs.lagMs / 1000,
    );
    read('lvs_doctor_judging_seconds', 'What the newest judgement took.', ({ costs }) => costs.judgingMs / 1000);
    read('lvs_doctor_vips', 'VIPs that are recognised.', (watch) => watch.state.vips.length);
    read('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss());
    read(
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      () => Date.now() / 1000 - process.uptime(),
    );
    new Gauge({
      name: 'lvs_doctor_findings',
      help: 'Findings, by rule and state.',
      labelNames: ['rule', 'severity', 'state'] as const,
      registers,
      collect() {
        this.reset();
        for (const { finding, state } of watch()?.judge.findings ?? []) this.inc({ rule: finding.rule, severity: finding.severity, state });
      },
    });
    server.on('request', (request, response) => {
      const path = (request.url ?? '/').replace(/\?.*$/, '');
      if (request.method !== 'GET' || path !== '/metrics') {
        response.writeHead(path === '/metrics' ? 405 : 404, { 'content-type': 'text/plain' }).end('GET /metrics is what is here.\n');
        return;
      }
      void this.#registry.metrics().then((text) => response.writeHead(200, { 'content-type': this.#registry.contentType }).end(text));
    });
  }

  /** @throws UsageError when the address cannot be listened on */
  static async open({ host, port }: MetricsAddress): Promise<Metrics> {
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 });
    server.maxConnections = 64;
    const metrics = new Metrics(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', ({ message }) =>
        reject(new UsageError(`--metrics cannot listen on ${isIPv6(host) ? `[${host}]` : host}:${port} (${message}); give another port.`)),
      );
      server.listen(port, host, resolve);
    });
    // The watch decides how long the process lives.
    server.unref();
    return metrics;
  }

  /** Where it listens, as a URL. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    return `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}/metrics`;
  }

  watch(watch: Watch): void {
    this.#watch = watch;
  }

  tell(event: LiveEvent): void {
    if (event.event === 'heartbeat') return;
    this.#events.inc({ rule: event.event === 'notice' ? event.notice.notice : event.finding.rule, event: event.event });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
