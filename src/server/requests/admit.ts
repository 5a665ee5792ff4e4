import type { IncomingMessage } from 'node:http';
import { invalid, missing, ServiceError } from '../errors.js';
import { slowed } from '../faults/fault-bodies.js';
import type { FaultPlan } from '../faults/faults.js';
import { API_VERSION, LARGEST_OTHER_BODY_BYTES } from '../limits.js';
import type { Service } from '../service.js';
import { type Authorization, readAuthorization } from './authorization.js';
import { checkPayloadHash } from './check-hashes.js';
import { type Route, takesArchive } from './operations.js';
import { receiveBody } from './receive-body.js';
import type { VaultRequest } from './request.js';
import { checkClock, verifySignature } from './signature.js';

/** Checks what is common to all operations, in the service's order as far as it is known. */
export async function admit(
  service: Service,
  incoming: IncomingMessage,
  route: Route,
  faults: FaultPlan,
  onBytes: ((receivedBytes: number) => void) | undefined,
): Promise<VaultRequest> {
  const { headers } = incoming;
  const version = headers['x-amz-glacier-version'];
  if (!version) throw missing('API version');
  if (version !== API_VERSION) throw invalid(`Invalid API version: ${String(version)}`);
  const authorization = readAuthorization(headers.authorization);
  const receiving: Omit<VaultRequest, 'body'> = {
    ...route,
    incoming,
    headers,
    query: new URLSearchParams(searchOf(incoming)),
    region: authorization.region,
    accountId: service.accountId,
    vaults: service.vaults,
    nowMs: service.nowMs,
    jobDelayMs: service.jobDelayMs,
    faults,
    receive: (write) =>
      receiveBody(incoming, slowed(faults, incoming, write), {
        idleTimeoutMs: service.idleTimeoutMs,
        onBytes,
      }),
  };
  const small = takesArchive(route.operation) ? undefined : await receiveSmallBody(receiving);
  await checkSignature(service, receiving, authorization, small?.sha256);
  checkAccount(route.account, service.accountId);
  return { ...receiving, body: small?.body ?? Buffer.alloc(0) };
}

async function checkSignature(
  { credentials, nowMs }: Service,
  { incoming, query, headers, faults }: Omit<VaultRequest, 'body'>,
  authorization: Authorization,
  bodyHash: string | undefined,
): Promise<void> {
  const signed = { method: incoming.method ?? '', path: pathOf(incoming), query, headers };
  const skewMs = faults.number('skew');
  if (credentials || skewMs !== undefined) checkClock(signed, nowMs() + (skewMs ?? 0));
  const sentHash = headers['x-amz-content-sha256'];
  const payloadHash = typeof sentHash === 'string' ? sentHash : bodyHash;
  if (credentials) {
    if (payloadHash === undefined) throw missing('x-amz-content-sha256');
    await verifySignature(signed, authorization, credentials, payloadHash);
  }
  if (bodyHash !== undefined && payloadHash !== undefined) checkPayloadHash(payloadHash, bodyHash);
}

function checkAccount(account: string, own: string): void {
  if (account === '-' || account === own) return;
  if (/^\d{12}$/.test(account)) {
    throw new ServiceError('AccessDeniedException', `Access denied for account ID: ${account}`);
  }
  throw new ServiceError('UnrecognizedClientException', 'No account found for the given parameters');
}

/** Reads a body that is no archive. Where it has no use its hash has: a signature covers it all the same. */
async function receiveSmallBody(
  request: Pick<VaultRequest, 'headers' | 'receive'>,
): Promise<{ body: Buffer; sha256: string }> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > LARGEST_OTHER_BODY_BYTES) throw invalid(`Invalid Content-Length: ${length}`);
  const received: Buffer[] = [];
  let receivedBytes = 0;
  const { sha256 } = await request.receive(async (pieces) => {
    for (const piece of pieces) receivedBytes += piece.length;
    if (receivedBytes > LARGEST_OTHER_BODY_BYTES) throw invalid(`Invalid Content-Length: ${receivedBytes}`);
    received.push(...pieces);
  });
  return { body: Buffer.concat(received), sha256 };
}

/** The path as it came, not decoded. */
export const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';

const searchOf = (incoming: IncomingMessage): string => (incoming.url ?? '').slice(pathOf(incoming).length);
