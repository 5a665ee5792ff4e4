import type { Operation } from '../requests/operations.js';
import type { Reply, VaultRequest } from '../requests/request.js';
import { deleteArchive, uploadArchive } from './archives.js';
import { jobOutput } from './job-output.js';
import { describeJob, initiateJob, listJobs } from './jobs.js';
import { abort, complete, initiate, listParts, listUploads } from './multipart.js';
import {
  abortVaultLock,
  completeVaultLock,
  deleteAccessPolicy,
  getAccessPolicy,
  getRetrievalPolicy,
  getVaultLock,
  initiateVaultLock,
  setAccessPolicy,
  setRetrievalPolicy,
} from './policies.js';
import { uploadPart } from './upload-part.js';
import { createVault, deleteVault, describeVault, listVaults } from './vaults.js';

/** What performs each operation. Each throws `ServiceError` for what the service would refuse. */
export const handlers: Readonly<Record<Operation, (request: VaultRequest) => Promise<Reply>>> = {
  'list-vaults': listVaults,
  'create-vault': createVault,
  'describe-vault': describeVault,
  'delete-vault': deleteVault,
  initiate,
  'list-uploads': listUploads,
  'upload-part': uploadPart,
  'list-parts': listParts,
  complete,
  abort,
  'upload-archive': uploadArchive,
  'delete-archive': deleteArchive,
  'initiate-job': initiateJob,
  'list-jobs': listJobs,
  'describe-job': describeJob,
  'job-output': jobOutput,
  'initiate-vault-lock': initiateVaultLock,
  'complete-vault-lock': completeVaultLock,
  'abort-vault-lock': abortVaultLock,
  'get-vault-lock': getVaultLock,
  'set-access-policy': setAccessPolicy,
  'get-access-policy': getAccessPolicy,
  'delete-access-policy': deleteAccessPolicy,
  'set-retrieval-policy': setRetrievalPolicy,
  'get-retrieval-policy': getRetrievalPolicy,
};
