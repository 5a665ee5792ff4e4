/** Faults of an encrypted connection, by the codes that Node gives them. */

/**
 * Verdicts on a certificate: those of X509_verify_cert, by the names that Node gives them, and that of Node's own check
 * of the host name.
 */
const certificateFaults: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CRL_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
  // Every other verdict, for example on a key that is too weak.
  'UNSPECIFIED',
]);

/** The other end is known not to be the one meant, or cannot be known. */
export function isCertificateFault(errno: string): boolean {
  return certificateFaults.has(errno);
}

/** What answered does not speak TLS: a plain HTTP server, or a captive portal. OpenSSL's text tells, not Node's code. */
export function isNotTls(text: string): boolean {
  return /wrong version number|packet length too long|http request|https proxy request/.test(text);
}

/** The connection failed in TLS itself: a damaged record, an alert, an end in the middle. */
export function isTlsFault(errno: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(errno);
}

/** OpenSSL writes `803C…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/…:350:`. */
export function withoutOpensslPlaces(text: string): string {
  return text.replace(/\s*[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*/s, ': $1');
}
