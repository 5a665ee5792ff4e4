import { ServiceError } from '../errors.js';

/** The parts of a Signature Version 4 `Authorization` header. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const FORM =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]+)\/aws4_request *, *SignedHeaders=([a-z0-9;._-]+) *, *Signature=([0-9a-f]{64})$/;

/**
 * Takes an Authorization header apart (Signature Version 4).
 * @throws ServiceError MissingAuthenticationToken, InvalidSignature
 */
export function readAuthorization(text: string | undefined): Authorization {
  if (text === undefined || text === '') throw new ServiceError('MissingAuthenticationTokenException');
  const fields = FORM.exec(text.trim());
  if (!fields) throw new ServiceError('InvalidSignatureException');
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = fields;
  if (service !== 'glacier') {
    throw new ServiceError(
      'InvalidSignatureException',
      "Credential should be scoped to correct service: 'glacier'. ",
    );
  }
  return { accessKeyId, day, region, service, signedHeaders: names.split(';'), signature };
}
