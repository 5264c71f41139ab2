/** Sends one request over HTTP. Certificates are always verified; redirects are never followed here. */
import { Agent, type Dispatcher, EnvHttpProxyAgent, request as sendOver } from 'undici';
import { isLoopback } from './loopback.ts';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export type Send = (request: OutgoingRequest) => Promise<RawAnswer>;

/** The connection failed: no whole answer came. The message is the end of a sentence about the server. */
export class ConnectionFault extends Error {
  /** Whether the request may have arrived. */
  readonly arrived: boolean;
  /** Whether it may go better in a moment. */
  readonly passing: boolean;

  constructor(message: string, { arrived, passing }: { readonly arrived: boolean; readonly passing: boolean }) {
    super(message);
    this.arrived = arrived;
    this.passing = passing;
  }
}

export interface HttpOptions {
  /** Certificates of the authorities that are trusted instead of those of Node.js, PEM. */
  readonly ca?: string;
  /** Milliseconds until a connection stands. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds in which nothing comes. */
  readonly silenceMs?: number;
  /** Milliseconds for all of one request and its answer. */
  readonly wholeMs?: number;
  /** Bytes of an answer; what is longer is no answer of a ticket system. */
  readonly largestAnswer?: number;
}

/** Connections for one run; `close` ends them. */
export function openHttp(options: HttpOptions = {}): { readonly send: Send; close(): Promise<void> } {
  const { ca, connectTimeoutMs = 15_000, silenceMs = 60_000, wholeMs = 300_000, largestAnswer = 64 * 1024 * 1024 } = options;
  // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED does not decide.
  const tls = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) };
  const timeouts = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
  const direct = new Agent({ connect: { ...tls, timeout: connectTimeoutMs }, ...timeouts });
  // https_proxy and no_proxy, as other programs take them; opened when it is needed.
  let proxied: Dispatcher | null = null;
  const dispatcherFor = (url: URL): Dispatcher => {
    if (isLoopback(url)) return direct;
    proxied ??= new EnvHttpProxyAgent({ connect: { ...tls, timeout: connectTimeoutMs }, requestTls: tls, proxyTls: tls, ...timeouts });
    return proxied;
  };
  return {
    async send({ method, url, headers, body }) {
      try {
        const answer = await sendOver(url, {
          method,
          headers,
          body: body ?? null,
          dispatcher: dispatcherFor(new URL(url)),
          signal: AbortSignal.timeout(wholeMs),
        });
        return { status: answer.statusCode, headers: joined(answer.headers), body: await readBody(answer.body, largestAnswer) };
      } catch (error) {
        throw error instanceof ConnectionFault ? error : faultOf(error);
      }
    },
    async close() {
      await Promise.all([direct.destroy(), proxied?.destroy()]);
    },
  };
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? []].flat().join(', ')]));
}

async function readBody(body: AsyncIterable<Uint8Array>, largest: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largest)
      throw new ConnectionFault(`answers with more than ${Math.ceil(largest / 1024 / 1024)} MiB`, { arrived: true, passing: false });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Faults before anything was sent. */
const NOT_SENT: Readonly<Record<string, readonly [message: string, passing: boolean]>> = {
  ECONNREFUSED: ['refuses the connection', true],
  EHOSTUNREACH: ['cannot be reached', true],
  ENETUNREACH: ['cannot be reached', true],
  ENETDOWN: ['cannot be reached', true],
  EAI_AGAIN: ['has no address at the moment: the name service does not answer', true],
  ENOTFOUND: ['has no address: is the name right?', false],
  // The tunnel through a proxy; for other requests undici tells why.
  UND_ERR_ABORTED: ['is not reached: the proxy refuses the tunnel', false],
  UND_ERR_CONNECT_TIMEOUT: ['does not take the connection in time', true],
  ERR_TLS_CERT_ALTNAME_INVALID: ['shows a certificate of another name', false],
  CERT_HAS_EXPIRED: ['shows a certificate that has expired', false],
  CERT_NOT_YET_VALID: ['shows a certificate that is not valid yet; is the clock of this machine right?', false],
  CERT_REVOKED: ['shows a certificate that was revoked', false],
};

const UNKNOWN_AUTHORITY = /^(?:DEPTH_ZERO_)?SELF_SIGNED|^UNABLE_TO_(?:GET_ISSUER|VERIFY)|^CERT_(?:UNTRUSTED|SIGNATURE_FAILURE)|^INVALID_CA/;

function faultOf(error: unknown): ConnectionFault {
  const codes = codesOf(error);
  for (const code of codes) {
    const known = NOT_SENT[code];
    if (known !== undefined) return new ConnectionFault(known[0], { arrived: false, passing: known[1] });
    if (UNKNOWN_AUTHORITY.test(code)) {
      const reason = 'shows a certificate of an authority that is not trusted here; give the authority with --ca';
      return new ConnectionFault(reason, { arrived: false, passing: false });
    }
    if (/^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(code)) {
      return new ConnectionFault(`does not speak TLS as expected (${code}); is the address right?`, { arrived: false, passing: false });
    }
  }
  const isSlow = codes.some((code) => /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$|^TimeoutError$/.test(code));
  if (isSlow) return new ConnectionFault('does not answer in time', { arrived: true, passing: true });
  const isBroken = codes.some((code) => ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT'].includes(code));
  return isBroken
    ? new ConnectionFault('closes the connection before it has answered', { arrived: true, passing: true })
    : new ConnectionFault(`gives no answer that can be read (${codes[0] ?? 'no reason told'})`, { arrived: true, passing: false });
}

/** Codes of an error, of what caused it, and of the attempts that it sums up: one for each address of a name. */
function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : [error.name];
  const parts = error instanceof AggregateError ? error.errors : [];
  return [...code, ...[...parts, error.cause].flatMap((part) => codesOf(part, depth + 1))];
}
