import type { IncomingMessage } from 'node:http';
import { type Authorization, readAuthorization } from './authorization.js';
import { checkPayloadHash } from './check-hashes.js';
import { invalid, missing, ServiceError } from './errors.js';
import { slowed } from './fault-bodies.js';
import type { FaultPlan } from './faults.js';
import { LARGEST_OTHER_BODY_BYTES } from './limits.js';
import { type Route, takesArchive } from './operations.js';
import { receiveBody } from './receive-body.js';
import type { VaultRequest } from './request.js';
import type { Service } from './service.js';
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
  if (!headers['x-amz-glacier-version']) throw missing('API version');
  const authorization = readAuthorization(headers.authorization);
  const request: VaultRequest = {
    ...route,
    incoming,
    headers,
    query: new URLSearchParams(searchOf(incoming)),
    region: authorization.region,
    accountId: service.accountId,
    vaults: service.vaults,
    nowMs: service.nowMs,
    faults,
    receive: (write) =>
      receiveBody(incoming, slowed(faults, incoming, write), {
        idleTimeoutMs: service.idleTimeoutMs,
        onBytes,
      }),
  };
  const bodyHash = takesArchive(route.operation) ? undefined : await hashSmallBody(request);
  await checkSignature(service, request, authorization, bodyHash);
  checkAccount(route.account, service.accountId);
  return request;
}

async function checkSignature(
  { credentials, nowMs }: Service,
  { incoming, query, headers, faults }: VaultRequest,
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

/** Reads a body that has no use, and gives its hash: a signature covers it all the same. */
async function hashSmallBody(request: VaultRequest): Promise<string> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > LARGEST_OTHER_BODY_BYTES) throw invalid(`Invalid Content-Length: ${length}`);
  let receivedBytes = 0;
  const body = await request.receive(async (pieces) => {
    for (const piece of pieces) receivedBytes += piece.length;
    if (receivedBytes > LARGEST_OTHER_BODY_BYTES) throw invalid(`Invalid Content-Length: ${receivedBytes}`);
  });
  return body.sha256;
}

/** The path as it came, not decoded. */
export const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';

const searchOf = (incoming: IncomingMessage): string => (incoming.url ?? '').slice(pathOf(incoming).length);
