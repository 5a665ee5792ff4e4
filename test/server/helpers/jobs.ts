import { request } from 'node:http';
import { AUTHORIZATION, type TestVault } from './vault.js';

/** Starts a job in vault `v` and gives its ID. */
export async function startJob(vault: TestVault, parameters: object): Promise<string> {
  const { status, headers, text } = await initiateJob(vault, JSON.stringify(parameters));
  if (status !== 202) throw new Error(`initiate-job: ${status} ${text}`);
  return String(headers['x-amz-job-id']);
}

export const initiateJob = (vault: TestVault, body: string) =>
  vault.ask('POST', '/-/vaults/v/jobs', { body: Buffer.from(body) });

export const describeJob = (vault: TestVault, jobId: string) => vault.ask('GET', `/-/vaults/v/jobs/${jobId}`);

export const inventoryOf = (vault: TestVault, jobId: string) =>
  vault.ask('GET', `/-/vaults/v/jobs/${jobId}/output`);

export interface Output {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly bytes: Buffer;
}

/** A job's output as bytes. Rejects when the connection ends before the output does. */
export function outputOf(vault: TestVault, jobId: string, range?: string): Promise<Output> {
  const headers = {
    'x-amz-glacier-version': '2012-06-01',
    authorization: AUTHORIZATION,
    ...(range === undefined ? {} : { range }),
  };
  return new Promise((resolve, reject) => {
    request(`${vault.url}/-/vaults/v/jobs/${jobId}/output`, { headers })
      .on('error', reject)
      .on('response', (response) => {
        const pieces: Buffer[] = [];
        response
          .on('data', (piece: Buffer) => pieces.push(piece))
          .on('error', reject)
          .on('close', () => {
            if (!response.complete) return reject(new Error('the reply was cut'));
            const got = response.headers as Record<string, string | undefined>;
            resolve({ status: response.statusCode ?? 0, headers: got, bytes: Buffer.concat(pieces) });
          });
      })
      .end();
  });
}
