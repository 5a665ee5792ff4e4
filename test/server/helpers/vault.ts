import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TreeHasher } from '../../../src/server/hashes/tree-hash.js';
import { startVaultServer, type VaultServer, type VaultServerOptions } from '../../../src/server/index.js';

// The SDK warns once a process that it will want a newer Node.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export const MIB = 1024 * 1024;
export const ACCOUNT = '111122223333';
export const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/glacier/aws4_request, ' +
  `SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export function treeHash(bytes: Buffer): string {
  const hasher = new TreeHasher();
  hasher.update(bytes);
  return hasher.digest().toString('hex');
}

/** Bytes that differ from MiB to MiB, the same on each call. */
export function sampleBytes(sizeBytes: number, seed = 'sample'): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 4096) {
    createHash('sha256').update(`${seed}${at}`).digest().copy(bytes, at);
  }
  return bytes;
}

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON that the server sends
  readonly json: any;
}

export interface Ask {
  readonly headers?: Record<string, string | undefined>;
  readonly body?: Buffer;
  readonly agent?: Agent;
}

/** One HTTP request with the headers that every request needs; a header set to undefined is left out. */
export function ask(
  url: string,
  method: string,
  path: string,
  { headers, body, agent }: Ask = {},
): Promise<Answer> {
  const all = { 'x-amz-glacier-version': '2012-06-01', authorization: AUTHORIZATION, ...headers };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  return new Promise((resolve, reject) => {
    const asking = request(url + path, { method, headers: sent, agent: agent ?? new Agent() });
    asking.on('error', reject).on('response', (response) => {
      const pieces: Buffer[] = [];
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('error', reject)
        .on('close', () => {
          if (!response.complete) return reject(new Error('the reply was cut'));
          const text = Buffer.concat(pieces).toString();
          const isJson = response.headers['content-type'] === 'application/json' && text !== '';
          let json: unknown;
          try {
            json = isJson ? JSON.parse(text) : undefined;
          } catch {
            json = 'not JSON';
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
    });
    asking.end(body);
  });
}

export const partHeaders = (bytes: Buffer, first: number): Record<string, string> => ({
  'content-length': String(bytes.length),
  'content-range': `bytes ${first}-${first + bytes.length - 1}/*`,
  'x-amz-content-sha256': sha256(bytes),
  'x-amz-sha256-tree-hash': treeHash(bytes),
});

/** A server on a fresh folder, with short words for the usual requests. */
export class TestVault {
  readonly dir: string;
  server: VaultServer;
  readonly #options: Omit<VaultServerOptions, 'dir'>;

  constructor(dir: string, server: VaultServer, options: Omit<VaultServerOptions, 'dir'>) {
    this.dir = dir;
    this.server = server;
    this.#options = options;
  }

  get url(): string {
    return this.server.url;
  }

  async restart(options: Omit<VaultServerOptions, 'dir'> = {}): Promise<void> {
    await this.server.close();
    this.server = await startVaultServer({ dir: this.dir, ...this.#options, ...options });
  }

  ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
    return ask(this.url, method, path, options);
  }

  async initiate(partSizeBytes = MIB, headers: Record<string, string> = {}): Promise<string> {
    const {
      status,
      headers: got,
      text,
    } = await this.ask('POST', '/-/vaults/v/multipart-uploads', {
      headers: { 'x-amz-part-size': String(partSizeBytes), ...headers },
    });
    if (status !== 201) throw new Error(`initiate: ${status} ${text}`);
    return String(got['x-amz-multipart-upload-id']);
  }

  path(uploadId: string): string {
    return `/-/vaults/v/multipart-uploads/${uploadId}`;
  }

  part(uploadId: string, bytes: Buffer, first: number, headers: Record<string, string | undefined> = {}) {
    return this.ask('PUT', this.path(uploadId), {
      headers: { ...partHeaders(bytes, first), ...headers },
      body: bytes,
    });
  }

  parts(uploadId: string, query = '') {
    return this.ask('GET', this.path(uploadId) + query);
  }

  complete(uploadId: string, bytes: Buffer, headers: Record<string, string | undefined> = {}) {
    return this.ask('POST', this.path(uploadId), {
      headers: {
        'x-amz-archive-size': String(bytes.length),
        'x-amz-sha256-tree-hash': treeHash(bytes),
        ...headers,
      },
    });
  }

  abort(uploadId: string) {
    return this.ask('DELETE', this.path(uploadId));
  }

  /** Sends the whole of `bytes` as parts and completes. */
  async upload(bytes: Buffer, partSizeBytes = MIB): Promise<string> {
    const uploadId = await this.initiate(partSizeBytes);
    for (let first = 0; first < bytes.length; first += partSizeBytes) {
      await this.part(uploadId, bytes.subarray(first, first + partSizeBytes), first);
    }
    const { headers } = await this.complete(uploadId, bytes);
    return String(headers['x-amz-archive-id']);
  }
}

/** A running server with one vault, `v`, for the length of a test. */
export async function startTestVault(options: Omit<VaultServerOptions, 'dir'> = {}): Promise<TestVault> {
  const dir = await newFolder();
  const vault = new TestVault(dir, await startVaultServer({ dir, ...options }), options);
  onTestFinished(() => vault.server.close());
  await vault.ask('PUT', '/-/vaults/v');
  return vault;
}
