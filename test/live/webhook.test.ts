import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openWebhook, type Webhook } from '../../src/live/webhook.ts';
import { findingEvent } from '../support/finding-event.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that answers each request with the next status, the last one for ever. */
async function serverOf(...statuses: number[]) {
  const bodies: unknown[] = [];
  let wake: () => void = () => {};
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end();
    wake();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const until = async (count: number) => {
    while (bodies.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, until };
}

function hookAt(url: string, failed: (sentence: string) => void = () => {}): Webhook {
  const hook = openWebhook({ url, captureName: 'eth1', failed, firstWaitMs: 1 });
  closing.push(() => hook.close(0));
  return hook;
}

describe('a webhook that takes JSON', () => {
  test('gets each event as -f json prints it, in order', async () => {
    const { url, bodies, until } = await serverOf(200);
    const hook = hookAt(`${url}/hook`);
    hook.tell(findingEvent('found'));
    hook.tell(findingEvent('resolved'));
    await until(2);
    expect(bodies).toEqual([findingEvent('found'), findingEvent('resolved')]);
  });

  test('gets an event again after it failed', async () => {
    const { url, bodies, until } = await serverOf(503, 500, 200);
    hookAt(url).tell(findingEvent('found'));
    await until(3);
    expect(bodies).toEqual([findingEvent('found'), findingEvent('found'), findingEvent('found')]);
  });

  test('that refuses an event does not get it again, and that is told', async () => {
    const { url } = await serverOf(400);
    const told = await new Promise<string>((resolve) => hookAt(`${url}/secret`, resolve).tell(findingEvent('found')));
    expect(told).toMatch(/^The webhook http:\/\/127\.0\.0\.1:\d+ answers with status 400: an event of .* was not told\.$/);
  });

  test('that takes nothing makes nobody wait, and what does not fit is told once', async () => {
    const silent = createListener();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(() => silent.close());
    const told: string[] = [];
    const hook = hookAt(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, (sentence) => told.push(sentence));
    for (let i = 0; i < 5000; i++) hook.tell(findingEvent('found'));
    expect(told).toEqual([expect.stringMatching(/takes no events: 1000 wait for it, and further ones are not told\.$/)]);
  });
});

describe('an Alertmanager', () => {
  test('gets one alert a finding, with the same labels until it ends', async () => {
    const { url, bodies, until } = await serverOf(200);
    const hook = hookAt(`${url}/api/v2/alerts`);
    hook.tell(findingEvent('found'));
    await until(1);
    hook.tell(findingEvent('worse', { severity: 'critical', confidence: 'confirmed' }));
    await until(2);
    hook.tell(findingEvent('resolved'));
    await until(3);
    const alerts = bodies.map((body) => body as { labels: object; endsAt: string; startsAt: string }[]);
    expect(alerts.map((list) => list.length)).toEqual([1, 1, 1]);
    expect(new Set(alerts.map(([alert]) => JSON.stringify(alert!.labels))).size).toBe(1);
    expect(alerts[0]![0]!.labels).toEqual({
      alertname: 'LvsDoctor',
      rule: 'rs-answers-arp',
      code: 'LVS101',
      severity: 'critical',
      vip: '192.168.1.100',
      culprit: '192.168.1.10',
      interface: 'eth1',
    });
    expect(Date.parse(alerts[1]![0]!.endsAt)).toBeGreaterThan(Date.now());
    expect(Date.parse(alerts[2]![0]!.endsAt)).toBeLessThanOrEqual(Date.now());
  });

  const installed = ['prometheus-alertmanager', 'alertmanager'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (installed === undefined) console.log('The real Alertmanager is skipped: prometheus-alertmanager is not installed.');

  test.skipIf(installed === undefined)('of the distribution takes alerts, and sees them end', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'alertmanager-'));
    closing.push(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
    writeFileSync(join(directory, 'config.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const options = [
      `--config.file=${join(directory, 'config.yml')}`,
      `--storage.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ];
    const child = spawn(installed!, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    closing.push(async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    });
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on('data', (text: Buffer) => {
        if (/Listening on|msg=Listening/.test(text.toString())) resolve();
      });
      child.once('exit', () => reject(new Error('the Alertmanager ended')));
    });
    const alerts = async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as { labels: { rule: string } }[];
    const hook = hookAt(`${url}/api/v2/alerts`, (sentence) => {
      throw new Error(sentence);
    });
    hook.tell(findingEvent('found'));
    await expect
      .poll(alerts, { timeout: 20_000 })
      .toEqual([expect.objectContaining({ labels: expect.objectContaining({ rule: 'rs-answers-arp' }) })]);
    hook.tell(findingEvent('resolved'));
    await expect.poll(alerts, { timeout: 20_000 }).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createListener();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
