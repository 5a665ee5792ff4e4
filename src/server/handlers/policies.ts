import { jsonDate } from '../dates.js';
import { missing } from '../errors.js';
import { parseRetrievalRule } from '../policy/retrieval-policy.js';
import { readObject, text } from '../requests/json-body.js';
import { findVault, jsonReply, type Reply, type VaultRequest } from '../requests/request.js';
import { LOCK_LIFE_MS } from '../store/vault-policies.js';

/** The policy that a body has as a text. */
function policyText({ body }: VaultRequest): string {
  if (body.length === 0) throw missing('Policy');
  const policy = text(readObject(body), 'Policy');
  if (policy === null) throw missing('Policy');
  return policy;
}

/** InitiateVaultLock. */
export async function initiateVaultLock(request: VaultRequest): Promise<Reply> {
  const { policies } = findVault(request);
  const lockId = await policies.initiateLock(policyText(request), request.nowMs());
  return { status: 201, headers: { 'x-amz-lock-id': lockId } };
}

/** CompleteVaultLock. */
export async function completeVaultLock(request: VaultRequest): Promise<Reply> {
  await findVault(request).policies.completeLock(request.lockId, request.nowMs());
  return { status: 204 };
}

/** AbortVaultLock. */
export async function abortVaultLock(request: VaultRequest): Promise<Reply> {
  await findVault(request).policies.abortLock(request.nowMs());
  return { status: 204 };
}

/** GetVaultLock. A lock that is complete does not expire. */
export async function getVaultLock(request: VaultRequest): Promise<Reply> {
  const { policy, state, createdAtMs } = findVault(request).policies.lock(request.nowMs());
  return jsonReply({
    Policy: policy,
    State: state,
    ExpirationDate: state === 'Locked' ? null : jsonDate(createdAtMs + LOCK_LIFE_MS),
    CreationDate: jsonDate(createdAtMs),
  });
}

/** SetVaultAccessPolicy. */
export async function setAccessPolicy(request: VaultRequest): Promise<Reply> {
  await findVault(request).policies.setAccess(policyText(request));
  return { status: 204 };
}

/** GetVaultAccessPolicy. */
export async function getAccessPolicy(request: VaultRequest): Promise<Reply> {
  return jsonReply({ Policy: findVault(request).policies.access });
}

/** DeleteVaultAccessPolicy; without a policy that is no error (documented). */
export async function deleteAccessPolicy(request: VaultRequest): Promise<Reply> {
  await findVault(request).policies.deleteAccess();
  return { status: 204 };
}

/** SetDataRetrievalPolicy. */
export async function setRetrievalPolicy({ body, vaults }: VaultRequest): Promise<Reply> {
  await vaults.setRetrievalRule(parseRetrievalRule(readObject(body)));
  return { status: 204 };
}

/** GetDataRetrievalPolicy. */
export async function getRetrievalPolicy({ vaults }: VaultRequest): Promise<Reply> {
  return jsonReply({ Policy: { Rules: [vaults.retrievalRule] } });
}
