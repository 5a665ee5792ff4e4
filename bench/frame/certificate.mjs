/** A certificate for servers on this machine, its own authority; made with openssl. */
import { run } from './programs.mjs';

/** @returns paths of PEM files */
export async function makeCertificate({ folder, path }) {
  const [keyPath, certificatePath] = [path('server.key'), path('server.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath];
  const names = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const words = ['req', '-x509', ...key, ...names, '-days', '2', '-out', certificatePath];
  await run('openssl', words, { folder, counted: false });
  return { keyPath, certificatePath };
}
