/** An HTTP server on this machine that remembers what it is asked. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
}

export interface LoopbackServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly asked: Asked[];
}

export async function serve(answer: (asked: Asked, response: ServerResponse) => Reply | null): Promise<LoopbackServer> {
  const asked: Asked[] = [];
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const it: Asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
    asked.push(it);
    const reply = answer(it, response);
    if (reply === null) return;
    const { status, headers = {}, body } = reply;
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    response.writeHead(status, { 'content-type': isRaw ? 'text/html' : 'application/json', ...headers });
    response.end(body === undefined ? undefined : isRaw ? body : JSON.stringify(body));
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** The one file of a multipart/form-data body, and its field. */
export function fileOf({ headers, body }: Asked): { readonly field: string; readonly name: string; readonly bytes: Buffer } {
  const [, boundary = ''] = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '') ?? [];
  const text = body.toString('latin1');
  const pattern =
    /^--(.+)\r\nContent-Disposition: form-data; name="([^"]*)"; filename="([^"]*)"\r\nContent-Type: [^\r\n]+\r\n\r\n([\s\S]*)\r\n--\1--\r\n$/;
  const [, found, field = '', name = '', content = ''] = pattern.exec(text) ?? [];
  if (found === undefined || found !== boundary) throw new Error('not a body of one file');
  return { field, name, bytes: Buffer.from(content, 'latin1') };
}
