import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { getCanonicalHeaders, SignatureV4 } from '@smithy/signature-v4';
import { parseSignatureDate, signatureDate } from '../dates.js';
import { ServiceError } from '../errors.js';
import type { Authorization } from './authorization.js';

/** How far a signature's date may be from the service's clock, either way (seen). */
const CLOCK_WINDOW_MS = 5 * 60 * 1000;

export interface SignedRequest {
  readonly method: string;
  /** As it came, not decoded: the service signs the path encoded once more. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const refused = (message?: string): ServiceError => new ServiceError('InvalidSignatureException', message);

/** The date that was signed: `x-amz-date`, or else a `Date` in the same form. */
function signedDate({ headers }: SignedRequest): { text: string; timeMs: number } {
  const text = headers['x-amz-date'] ?? headers.date;
  const timeMs = typeof text === 'string' ? parseSignatureDate(text) : undefined;
  if (typeof text !== 'string' || timeMs === undefined) {
    throw refused("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  return { text, timeMs };
}

/** Refuses dates outside of the clock window, with the service's two texts (seen). */
export function checkClock(request: SignedRequest, nowMs: number): void {
  const { text, timeMs } = signedDate(request);
  const now = signatureDate(nowMs);
  const earliestMs = nowMs - CLOCK_WINDOW_MS;
  const latestMs = nowMs + CLOCK_WINDOW_MS;
  if (timeMs < earliestMs) {
    throw refused(
      `Signature expired: ${text} is now earlier than ${signatureDate(earliestMs)} (${now} - 5 min.)`,
    );
  }
  if (timeMs > latestMs) {
    throw refused(
      `Signature not yet current: ${text} is still later than ${signatureDate(latestMs)} (${now} + 5 min.)`,
    );
  }
}

/** Proves that the holder of the secret has signed the request. `payloadHash` is the hex SHA-256 of its body. */
export async function verifySignature(
  request: SignedRequest,
  authorization: Authorization,
  credentials: Credentials,
  payloadHash: string,
): Promise<void> {
  if (authorization.accessKeyId !== credentials.accessKeyId) {
    throw new ServiceError('UnrecognizedClientException');
  }
  const { text, timeMs } = signedDate(request);
  if (!text.startsWith(authorization.day) || !authorization.signedHeaders.includes('host')) throw refused();
  const expected = await new Signer(authorization, credentials).signatureOf(
    request,
    payloadHash,
    text,
    timeMs,
  );
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(authorization.signature))) throw refused();
}

/** The library's arithmetic, fed with the headers that the client says it signed rather than with a choice of its own. */
class Signer extends SignatureV4 {
  readonly #authorization: Authorization;

  constructor(authorization: Authorization, credentials: Credentials) {
    const { region, service } = authorization;
    super({ region, service, credentials, sha256: NodeSha256 });
    this.#authorization = authorization;
  }

  async signatureOf(
    { method, path, query, headers }: SignedRequest,
    payloadHash: string,
    dateText: string,
    timeMs: number,
  ): Promise<string> {
    const { day, region, service, signedHeaders } = this.#authorization;
    const signed: Record<string, string> = {};
    for (const name of signedHeaders) {
      const value = headers[name];
      if (value !== undefined) signed[name] = Array.isArray(value) ? value.join(',') : value;
    }
    const request = {
      method,
      path,
      query: Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)])),
      headers: signed,
      protocol: 'http:',
      hostname: '',
    };
    const canonicalHeaders = getCanonicalHeaders(request, new Set(), new Set(signedHeaders));
    const canonical = this.createCanonicalRequest(request, canonicalHeaders, payloadHash);
    const scope = `${day}/${region}/${service}/aws4_request`;
    const toSign = await this.createStringToSign(dateText, scope, canonical, 'AWS4-HMAC-SHA256');
    return this.sign(toSign, { signingDate: new Date(timeMs) });
  }
}

type Source = string | ArrayBuffer | ArrayBufferView;

const bytesOf = (source: Source): Uint8Array => {
  if (typeof source === 'string') return Buffer.from(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
};

/** Node's SHA-256 in the shape that the library asks for. */
class NodeSha256 {
  #hash: { update(bytes: Uint8Array): unknown; digest(): Buffer };
  readonly #secret: Uint8Array | undefined;

  constructor(secret?: Source) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#hash = this.#fresh();
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}
