/** Whom a token is shown to: only who has a certificate of a trusted authority for the name. Skipped where openssl is missing. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryDirectory } from '../cli/run.ts';
import { attachTo } from './attaching.ts';
import { FAKES, type Fake } from './fakes.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const folder = temporaryDirectory();

/** A certificate that is its own authority. */
function makeCertificate(name: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', key, '-out', cert].concat([
      '-subj',
      '/CN=lvs-doctor test',
      '-addext',
      `subjectAltName=${name}`,
    ]),
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

async function serveTls(fake: Fake, { key, cert }: { readonly key: string; readonly cert: string }) {
  const tokens: unknown[] = [];
  const server = createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    tokens.push(request.headers.authorization);
    const asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
    const { status, body } = fake.answer(asked);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { tokens, address: `https://127.0.0.1:${(server.address() as AddressInfo).port}${fake.path}` };
}

describe.skipIf(!hasOpenssl)('a server with a certificate', () => {
  test('of an unknown authority never sees the token', async () => {
    const { tokens, address } = await serveTls(FAKES.Jira!(), makeCertificate('IP:127.0.0.1'));
    await expect(attachTo(address)).rejects.toThrow(
      /shows a certificate of an authority that is not trusted here; give the authority with --ca$/,
    );
    expect(tokens).toEqual([]);
  });

  test('of an unknown authority is refused also where the environment says otherwise', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { tokens, address } = await serveTls(FAKES.Jira!(), makeCertificate('IP:127.0.0.1'));
    await expect(attachTo(address)).rejects.toThrow(/not trusted here/);
    expect(tokens).toEqual([]);
  });

  test('of another name never sees the token', async () => {
    const certificate = makeCertificate('DNS:jira.example');
    const { tokens, address } = await serveTls(FAKES.Jira!(), certificate);
    await expect(attachTo(address, { ca: certificate.cert })).rejects.toThrow(/shows a certificate of another name$/);
    expect(tokens).toEqual([]);
  });

  test('of the authority given with --ca is trusted', async () => {
    const fake = FAKES.Jira!();
    const certificate = makeCertificate('IP:127.0.0.1');
    const { address } = await serveTls(fake, certificate);
    expect((await attachTo(address, { ca: certificate.cert })).outcome.state).toBe('sent');
    expect(fake.comments).toHaveLength(1);
  });

  test('is expected where the address begins with https', async () => {
    const { origin } = await (await import('./loopback-server.ts')).serve(() => ({ status: 200 }));
    await expect(attachTo(`${origin.replace('http:', 'https:')}/browse/OPS-1`)).rejects.toThrow(/does not speak TLS as expected/);
  });
});
