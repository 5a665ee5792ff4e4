/** What sending a file costs over HTTP and HTTPS, beside the least that must be done: hash twice, send once. */
import { makeCertificate } from './certificate.mjs';
import { need, run } from './programs.mjs';
import { startDiscardingVault, upload } from './vaults.mjs';

/** The rivals of each protocol by name, and the bar for their CPU. */
export const protocols = [
  { name: 'HTTP', ours: 'plain', theirs: 'plainCurl', atMost: 1.1 },
  { name: 'HTTPS', ours: 'secure', theirs: 'secureCurl', atMost: 1.15 },
];

/**
 * Hands `action` what gives the contestants of a file: `upload` and `curl` over both protocols, and `openssl`. The vaults they
 * send to are there until it ends.
 */
export async function withSending(workspace, action) {
  need('openssl', 'curl');
  const { folder } = workspace;
  const certificate = await makeCertificate(workspace);
  const { certificatePath } = certificate;
  const [plain, secure] = await Promise.all([
    startDiscardingVault(workspace),
    startDiscardingVault(workspace, certificate),
  ]);
  const options = ['--part-size', '64M'];
  const contestantsOf = (file) => ({
    plain: () => upload(file, plain.url, options, workspace),
    secure: () => upload(file, secure.url, options, workspace, { AWS_CA_BUNDLE: certificatePath }),
    openssl: () => run('openssl', ['dgst', '-sha256', file], { folder }),
    plainCurl: () => run('curl', ['-sS', '-T', file, `${plain.url}/file`], { folder }),
    secureCurl: () =>
      run('curl', ['-sS', '--cacert', certificatePath, '-T', file, `${secure.url}/file`], { folder }),
  });
  try {
    await action(contestantsOf);
  } finally {
    await Promise.all([plain.stop(), secure.stop()]);
  }
}
