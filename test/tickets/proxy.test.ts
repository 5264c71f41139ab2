/** The proxy of the environment: it tunnels, and never sees the token. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { attachTo } from './attaching.ts';
import { FAKES, TOKEN } from './fakes.ts';
import { serve } from './loopback-server.ts';

beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) vi.stubEnv(name, '');
  return () => void vi.unstubAllEnvs();
});

/** A proxy that refuses every tunnel, and remembers who asked for what. */
async function refusingProxy() {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(403).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(request);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a proxy is asked for a tunnel to the server, without the token', async () => {
  const proxy = await refusingProxy();
  vi.stubEnv('https_proxy', proxy.address);
  await expect(attachTo('https://jira.example/browse/OPS-7')).rejects.toThrow(
    /jira\.example is not reached: the proxy refuses the tunnel$/,
  );
  expect(proxy.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['CONNECT jira.example:443']);
  expect(JSON.stringify(proxy.asked[0]!.rawHeaders)).not.toContain(TOKEN);
});

test('what stays on this machine goes past the proxy', async () => {
  const proxy = await refusingProxy();
  vi.stubEnv('http_proxy', proxy.address);
  const fake = FAKES.Jira!();
  const { origin } = await serve(fake.answer);
  expect((await attachTo(origin + fake.path)).outcome.state).toBe('sent');
  expect(proxy.asked).toEqual([]);
});
