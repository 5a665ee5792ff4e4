/** The authorities that are trusted instead of Node's own, as `AWS_CA_BUNDLE` and `ca_bundle` name them. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errnoOf, GlacierUpError } from '../../errors.js';

export interface CaBundle {
  path: string;
  /** Who names it, for messages. */
  source: string;
}

const pemBlock =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * @returns its certificates, in PEM
 * @throws GlacierUpError `usage` when the file cannot be used: going on would mean to trust others than the user says
 */
export function readCaBundle({ path, source }: CaBundle): string[] {
  const unusable = (reason: string, cause?: unknown): GlacierUpError =>
    new GlacierUpError('usage', `the certificate file of ${source}, ${path}, cannot be used: ${reason}`, {
      hint: 'name a PEM file with the certificates of the authorities to trust, or leave it out',
      cause,
    });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(
      errnoOf(error) === 'ENOENT' ? 'it is not there' : (errnoOf(error) ?? String(error)),
      error,
    );
  }
  const certificates = text.match(pemBlock) ?? [];
  if (certificates.length === 0) throw unusable('it has no certificate in PEM form');
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw unusable(`its certificate ${index + 1} is damaged`, error);
    }
  }
  return certificates;
}
