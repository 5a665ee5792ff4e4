import { ServiceError } from '../errors.js';
import { DAY_MS } from '../limits.js';
import type { Operation } from '../requests/operations.js';
import { findVault, type VaultRequest, vaultArn } from '../requests/request.js';
import { denies } from './policy.js';

/** The actions of IAM on a vault that is there. Its access policy cannot keep the owner from changing it (our choice). */
const actions: Partial<Record<Operation, string>> = {
  'describe-vault': 'DescribeVault',
  'delete-vault': 'DeleteVault',
  initiate: 'InitiateMultipartUpload',
  'list-uploads': 'ListMultipartUploads',
  'upload-part': 'UploadMultipartPart',
  'list-parts': 'ListParts',
  complete: 'CompleteMultipartUpload',
  abort: 'AbortMultipartUpload',
  'upload-archive': 'UploadArchive',
  'delete-archive': 'DeleteArchive',
  'initiate-job': 'InitiateJob',
  'list-jobs': 'ListJobs',
  'describe-job': 'DescribeJob',
  'job-output': 'GetJobOutput',
};

/** Refuses what the vault's lock or its access policy denies. The text is AWS's usual one; Glacier's own was not seen. */
export function enforcePolicies(request: VaultRequest): void {
  const { operation, accountId } = request;
  const action = actions[operation];
  if (action === undefined || !request.vaults.has(request.vault)) return;
  const nowMs = request.nowMs();
  const policies = findVault(request).policies.inForce(nowMs);
  if (policies.length === 0) return;
  const access = {
    accountId,
    action: `glacier:${action}`,
    vaultArn: vaultArn(request, request.vault),
    context: contextOf(request, nowMs),
  };
  if (!policies.some((policy) => denies(policy, access))) return;
  throw new ServiceError(
    'AccessDeniedException',
    `User: arn:aws:iam::${accountId}:root is not authorized to perform: ${access.action} ` +
      `on resource: ${access.vaultArn} with an explicit deny in a resource-based policy`,
  );
}

function contextOf(request: VaultRequest, nowMs: number) {
  const createdAtMs =
    request.operation === 'delete-archive'
      ? findVault(request).archiveCreatedAtMs(request.archiveId)
      : undefined;
  return {
    'aws:currenttime': new Date(nowMs).toISOString(),
    'aws:epochtime': String(Math.floor(nowMs / 1000)),
    'aws:principalaccount': request.accountId,
    'aws:securetransport': 'false',
    'glacier:archiveageindays':
      createdAtMs === undefined ? undefined : String(Math.floor((nowMs - createdAtMs) / DAY_MS)),
  };
}
