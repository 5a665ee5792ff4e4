/** The SDK's client, and the one way in which every request of ours is made with it: guarded, with our errors. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GlacierClient, type GlacierClientConfig } from '@aws-sdk/client-glacier';
import type { Clock } from '../../clock.js';
import { GlacierUpError } from '../../errors.js';
import type { Connections } from '../connections/connections.js';
import { maxSockets } from '../connections/endpoint-agent.js';
import { socketOpener } from '../connections/open-socket.js';
import { fromCredentialsChain } from '../failures/credentials-error.js';
import { type FailedRequest, fromServiceError, notGlacier } from '../failures/service-error.js';
import { Receiver } from '../receiving/receiver.js';
import { guardRequest, type RequestGuard, type RequestLimits } from './request-guard.js';
import { type Sender, senderOf, shortPathConfig } from './sdk-short-path.js';

export interface SdkVaultOptions {
  vaultName: string;
  /** `-`: the account of the credentials. */
  accountId: string;
  region?: string;
  profile?: string;
  endpointUrl?: string;
  /** Those of the environment, and any for the embedded vault; else the SDK's own chain finds them. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Not given for the embedded vault, to which nothing but plain HTTP on this machine leads. */
  connections?: Connections;
  /** Told once, when finding credentials takes longer than a moment. */
  onSlowCredentials?: () => void;
  connectTimeoutMs: number;
  /** How long a request may be silent. */
  readTimeoutMs: number;
  clock: Clock;
}

const slowCredentialsMs = 1000;

/** A page of 50 parts is about 6 KB; anything larger does not come from Glacier. */
const maxReplyBytes = 4 * 1024 * 1024;

export interface BodyHashes {
  sha256: string;
  treeHash: string;
}

/** What a request is given: how it ends early, and whom it tells that bytes move. */
export interface Guarded extends Pick<RequestGuard, 'touch' | 'hold' | 'end'> {
  abortSignal: AbortSignal;
}

export interface SdkClient {
  /** In the form in which every command of the SDK wants it. */
  readonly target: { accountId: string; vaultName: string };
  readonly readTimeoutMs: number;
  /**
   * Makes one request, once.
   * @param limits without `idleMs`: the read timeout
   * @throws GlacierUpError for what it failed with, or the signal's reason
   */
  call<T>(
    operation: string,
    signal: AbortSignal,
    request: (client: Sender, guard: Guarded) => Promise<T>,
    limits?: Partial<RequestLimits>,
  ): Promise<T>;
  /** Hands over the hashes of a body, so that the SDK does not compute them. */
  noteHashes(body: object, hashes: BodyHashes): void;
  /** As the SDK found it: option, environment, profile. Rejects with `no-region` when there is none. */
  region(): Promise<string>;
  /** Makes the next request look for credentials again, for those that expire while an upload lasts. */
  renewCredentials(): void;
  close(): void;
}

/** Nothing is sent, and credentials are not looked for, before the first request. */
export function openSdkClient(options: SdkVaultOptions): SdkClient {
  const { vaultName, accountId, readTimeoutMs, clock } = options;
  const bodyHashes = new WeakMap<object, BodyHashes>();
  const receiver = new Receiver(socketOpener(options.connections?.httpsAgent, options));
  let client = makeClient(options, bodyHashes);
  let sender = senderOf(client, receiver);
  let hasAnswered = false;
  let hadCredentials = false;
  /** What an error says about a request; a region is the SDK's to find. */
  const failed = async (operation: string): Promise<FailedRequest> => {
    const region = await client.config.region().catch(() => undefined);
    const { profile, endpointUrl } = options;
    const proxy = options.connections?.proxyTo(
      endpointUrl ?? `https://glacier.${region ?? ''}.amazonaws.com`,
    );
    return {
      operation,
      vaultName,
      accountId,
      hasAnswered,
      nowMs: clock.now(),
      ...(region === undefined ? {} : { region }),
      ...(profile === undefined ? {} : { profile }),
      ...(endpointUrl === undefined ? {} : { endpointUrl }),
      ...(proxy === undefined ? {} : { proxy }),
    };
  };
  /** The SDK asks one place after the other, the instance metadata of EC2 last, which elsewhere only a timeout ends. */
  const findCredentials = async (signal: AbortSignal): Promise<void> => {
    const cancel = clock.after(slowCredentialsMs, () => options.onSlowCredentials?.());
    const interrupted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    try {
      await Promise.race([client.config.credentials(), interrupted]);
    } catch (error) {
      throw signal.aborted
        ? signal.reason
        : fromCredentialsChain(error, {
            ...(await failed('credentials')),
            hasAnswered: hadCredentials,
          });
    } finally {
      cancel();
    }
    hadCredentials = true;
  };

  return {
    target: { accountId, vaultName },
    readTimeoutMs,

    call: async (operation, signal, request, limits = {}) => {
      const guard = guardRequest(operation, { idleMs: readTimeoutMs, ...limits }, { clock, signal });
      try {
        if (!options.credentials) await findCredentials(guard.signal);
        const reply = await request(sender, {
          abortSignal: guard.signal,
          touch: guard.touch,
          hold: guard.hold,
          end: guard.end,
        });
        hasAnswered = true;
        return reply;
      } catch (error) {
        if (guard.signal.aborted) throw guard.signal.reason;
        const failure = fromServiceError(error, await failed(operation));
        // A refusal in Glacier's own words is an answer of the endpoint, too.
        if (failure.service?.code !== undefined) hasAnswered = true;
        throw failure;
      } finally {
        guard.release();
      }
    },

    noteHashes: (body, hashes) => void bodyHashes.set(body, hashes),

    region: async () => {
      try {
        return await client.config.region();
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('Region not accepted')) {
          const hint =
            'check --region and AWS_REGION; a variable that is set to nothing counts as a region, too';
          throw new GlacierUpError('no-region', error.message, { hint, cause: error });
        }
        throw fromServiceError(error, await failed('configuration'));
      }
    },

    // The one before is not destroyed: that would cut the connections of the requests that are under way.
    renewCredentials: () => {
      client = makeClient(options, bodyHashes);
      sender = senderOf(client, receiver);
    },

    close: () => {
      receiver.destroy();
      client.destroy();
    },
  };
}

/**
 * The client does not retry (a stream cannot be sent twice, and its own few tries are over in a second), and takes
 * the bodies' hashes from us: it would compute both again, on this thread.
 */
function makeClient(options: SdkVaultOptions, bodyHashes: WeakMap<object, BodyHashes>): GlacierClient {
  // On Node 20 the SDK prints a warning at each start, which cron would mail.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const { region, profile, endpointUrl, credentials, connectTimeoutMs } = options;
  const silent = (): void => {};
  return new GlacierClient({
    ...shortPathConfig,
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(endpointUrl ? { endpoint: endpointUrl } : {}),
    ...(credentials ? { credentials } : {}),
    maxAttempts: 1,
    logger: { debug: silent, info: silent, warn: silent, error: silent, trace: silent },
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets },
      ...(options.connections === undefined ? {} : { httpsAgent: options.connections.httpsAgent }),
    },
    // Configured endpoints are among the settings already: the SDK would take that of another profile.
    ignoreConfiguredEndpointUrls: true,
    bodyChecksumGenerator: async (request: { body?: unknown }) => {
      const known =
        typeof request.body === 'object' && request.body ? bodyHashes.get(request.body) : undefined;
      if (known) return [known.sha256, known.treeHash];
      // Any other body is a line of JSON, shorter than a leaf: both hashes are the plain one.
      const text = request.body instanceof Uint8Array ? request.body : String(request.body);
      const hash = createHash('sha256').update(text).digest('hex');
      return [hash, hash];
    },
    streamCollector: collectReply,
  } as GlacierClientConfig);
}

/** Reads a reply's body, and no more of it than any reply of Glacier's can have. */
async function collectReply(stream: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of stream) {
    sizeBytes += piece.length;
    if (sizeBytes > maxReplyBytes) {
      stream.destroy();
      throw new GlacierUpError('temporary', 'the answer is larger than any answer of Glacier: a proxy?');
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

export interface Reply {
  $metadata: { httpStatusCode?: number; requestId?: string };
}

/** A 2xx without what the service always sends was not sent by the service. */
export function foreignReply(operation: string, reply: Reply): GlacierUpError {
  return notGlacier(operation, reply.$metadata.httpStatusCode ?? 0);
}

/** `/123456789012/vaults/…` → `123456789012`. */
export function accountIn(location: string | undefined): string {
  return location?.split('/')[1] ?? '';
}

/** `arn:aws:glacier:REGION:ACCOUNT:vaults/NAME` → `ACCOUNT`. */
export function accountInArn(arn: string | undefined): string {
  return arn?.split(':')[4] ?? '';
}
