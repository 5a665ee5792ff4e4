/** A certificate authority of a test, made with openssl, and a server's certificate from it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** Its certificate, in PEM. */
  caFile: string;
  /** Of the server. */
  key: Buffer;
  cert: Buffer;
}

/** @param names of the server: DNS names or `IP:…` in the notation of subjectAltName */
export function makeAuthority(folder: string, ...names: string[]): Authority {
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...ecKey,
    '-days',
    '2',
    '-subj',
    '/CN=Test authority',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  );
  openssl('req', ...ecKey, '-subj', '/CN=vault', '-keyout', at('server.key'), '-out', at('server.csr'));
  writeFileSync(at('names'), `subjectAltName=${names.join(',')}\n`);
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
  openssl(
    'x509',
    '-req',
    '-in',
    at('server.csr'),
    ...signed,
    '-extfile',
    at('names'),
    '-out',
    at('server.pem'),
  );
  return { caFile: at('ca.pem'), key: readFileSync(at('server.key')), cert: readFileSync(at('server.pem')) };
}
