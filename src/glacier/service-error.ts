/**
 * Turns whatever a request failed with into an error of ours. Glacier's codes are judged by the JSON body's `code`
 * (it sends no error header), never by the HTTP status alone: throttling is a 400, an unavailable service a 500.
 * An answer without a code of Glacier's is somebody else's (a proxy, a captive portal) and decides nothing.
 */
import { type ErrorCode, errnoOf, GlacierUpError, type ServiceReply } from '../errors.js';

export interface FailedRequest {
  /** For example `UploadMultipartPart`. */
  operation: string;
  vaultName: string;
  /** Where the vault was looked for, in words: region, account, endpoint. */
  place: string;
}

/** The fields of an SDK error that are read here; everything is optional because anything can be thrown. */
interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: string; clockSkewCorrected?: boolean };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

/** The service's code → ours. S3's names are here too: an S3 endpoint set by mistake answers with them. */
const codes: Record<string, ErrorCode> = {
  AccessDeniedException: 'access-denied',
  AccessDenied: 'access-denied',
  ExpiredTokenException: 'credentials-expired',
  ExpiredToken: 'credentials-expired',
  InvalidSignatureException: 'signature-refused',
  SignatureDoesNotMatch: 'signature-refused',
  RequestTimeTooSkewed: 'clock-skew',
  MissingAuthenticationTokenException: 'no-credentials',
  UnrecognizedClientException: 'access-denied',
  InvalidClientTokenId: 'access-denied',
  NoLongerSupportedException: 'account-closed',
  PolicyEnforcedException: 'access-denied',
  LimitExceededException: 'limit-exceeded',
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  TooManyRequestsException: 'throttled',
  SlowDown: 'throttled',
  RequestTimeoutException: 'request-timeout',
  RequestTimeout: 'request-timeout',
  ServiceUnavailableException: 'temporary',
  InsufficientCapacityException: 'temporary',
  InternalServerError: 'temporary',
  InternalFailure: 'temporary',
  BadRequest: 'request-invalid',
  InvalidParameterValueException: 'request-invalid',
  MissingParameterValueException: 'request-invalid',
  SerializationException: 'request-invalid',
};

const tlsErrno = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/;

/** @returns an error of ours; one that is ours already is returned as it is */
export function fromServiceError(thrown: unknown, request: FailedRequest): GlacierUpError {
  if (thrown instanceof GlacierUpError) return thrown;
  const error = (
    typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }
  ) as SdkError;
  const httpStatus = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  if (httpStatus === undefined) return fromLocalFailure(error, request);
  const headers = error.$response?.headers ?? {};
  const service: ServiceReply = { operation: request.operation, httpStatus };
  const requestId = error.$metadata?.requestId ?? headers['x-amzn-requestid'];
  if (requestId !== undefined) service.requestId = requestId;
  const retryAfterMs = Number(headers['retry-after']) * 1000;
  if (retryAfterMs > 0) service.retryAfterMs = retryAfterMs;
  return fromReply(error, httpStatus, service, request);
}

function fromReply(
  error: SdkError,
  httpStatus: number,
  service: ServiceReply,
  request: FailedRequest,
): GlacierUpError {
  const name = error.name ?? 'Unknown';
  const text = error.message ?? '';
  const isGlaciers = !['Unknown', 'UnknownError', 'SyntaxError', 'Error', 'TypeError'].includes(name);
  const details = { service, cause: error };
  if (!isGlaciers) {
    if (httpStatus === 429) return new GlacierUpError('throttled', 'too many requests (HTTP 429)', details);
    if (httpStatus === 408)
      return new GlacierUpError('request-timeout', 'request timed out (HTTP 408)', details);
    if (httpStatus >= 500) {
      return new GlacierUpError('temporary', `${request.operation} failed: HTTP ${httpStatus}`, details);
    }
    return notGlacier(request.operation, httpStatus, details);
  }
  service.code = name;
  const label = `${text} (${name}${service.requestId ? `, request ID ${service.requestId}` : ''})`;
  if (name === 'ResourceNotFoundException') return notFound(text, label, request, details);
  if (name === 'InvalidSignatureException') return refusedSignature(error, text, label, details);
  if (name === 'InvalidParameterValueException' && text.startsWith('Checksum mismatch')) {
    return new GlacierUpError(
      'hash-mismatch',
      `the service received other bytes than were sent: ${label}`,
      details,
    );
  }
  const code =
    codes[name] ??
    (httpStatus >= 500 ? 'temporary' : httpStatus === 403 ? 'access-denied' : 'request-invalid');
  return new GlacierUpError(code, label, { ...details, ...hintFor(code, request) });
}

/** An answer that no Glacier gives: nothing may be concluded from it, except that asking again may help. */
export function notGlacier(
  operation: string,
  httpStatus: number,
  details: { service?: ServiceReply; cause?: unknown } = {},
): GlacierUpError {
  return new GlacierUpError(
    'temporary',
    `${operation}: the answer (HTTP ${httpStatus}) does not come from Glacier: a proxy or a captive portal?`,
    {
      service: { operation, httpStatus },
      ...details,
      hint: 'check the network and --endpoint-url, then run the same command again',
    },
  );
}

/** Only a 404 that names an upload says that the upload is gone; likewise of archives and jobs. */
function notFound(
  text: string,
  label: string,
  { vaultName, place }: FailedRequest,
  details: { service: ServiceReply; cause: unknown },
): GlacierUpError {
  if (text.startsWith('The upload ID was not found')) {
    return new GlacierUpError('upload-gone', label, details);
  }
  if (text.startsWith('The archive ID was not found')) {
    return new GlacierUpError('archive-gone', label, {
      ...details,
      hint: 'check the archive ID and --vault; "glacier-up inventory" lists what a vault has',
    });
  }
  if (text.startsWith('The job ID was not found')) {
    return new GlacierUpError('job-gone', label, {
      ...details,
      hint: "a job's output can be read for about a day: run the same command again, which starts another job",
    });
  }
  if (text.startsWith('Inventory retrieval jobs for vault')) {
    return new GlacierUpError('job-pending', `vault ${vaultName} has no inventory yet: ${label}`, {
      ...details,
      hint: 'Glacier takes the first one about a day after the first archive: run the same command again then',
    });
  }
  return new GlacierUpError('vault-gone', `vault ${vaultName} was not found in ${place}: ${label}`, {
    ...details,
    hint: 'check --vault, --region, --profile and --account-id',
  });
}

function refusedSignature(
  error: SdkError,
  text: string,
  label: string,
  details: { service: ServiceReply; cause: unknown },
): GlacierUpError {
  if (text.startsWith('The value passed in as x-amz-content-sha256')) {
    return new GlacierUpError(
      'hash-mismatch',
      `the service received other bytes than were signed: ${label}`,
      details,
    );
  }
  if (/^Signature (expired|not yet current)/.test(text) || error.$metadata?.clockSkewCorrected) {
    const hint = "set this machine's clock; Glacier allows a difference of 5 minutes";
    return new GlacierUpError('clock-skew', label, { ...details, hint });
  }
  return new GlacierUpError('signature-refused', label, {
    ...details,
    hint: 'check the secret access key of the profile in use, and the region',
  });
}

const hints: Partial<Record<ErrorCode, string>> = {
  'access-denied':
    'check --profile and --account-id, and that its IAM policy allows this action on the vault',
  'credentials-expired': 'renew them (for example aws sso login), then run the same command again',
  'no-credentials': 'configure them with "aws configure", or name a profile with --profile',
  'account-closed':
    'AWS has closed vaults to accounts without any Glacier storage; use the S3 Glacier storage classes, or --local DIR to rehearse',
};

function hintFor(code: ErrorCode, { operation }: FailedRequest): { hint?: string } {
  const hint = hints[code];
  if (hint === undefined) return {};
  return { hint: code === 'access-denied' ? `${hint} (glacier:${operation})` : hint };
}

/** No answer came: the network, the credentials chain or the client's own checks failed. */
function fromLocalFailure(error: SdkError, { operation, place }: FailedRequest): GlacierUpError {
  const text = error.message ?? String(error);
  const errno = error.code ?? errnoOf(error.cause) ?? '';
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    const expired = /expired|refresh/i.test(text);
    const hint = hints[expired ? 'credentials-expired' : 'no-credentials'] ?? '';
    return new GlacierUpError(expired ? 'credentials-expired' : 'no-credentials', text, {
      hint,
      cause: error,
    });
  }
  if (/^Region is missing/.test(text)) {
    const hint = 'give --region, or set AWS_REGION or AWS_DEFAULT_REGION, or a region in the profile';
    return new GlacierUpError('no-region', 'no region is known', { hint, cause: error });
  }
  if (tlsErrno.test(errno)) {
    const hint = 'a proxy may be replacing certificates; NODE_EXTRA_CA_CERTS names a file with its authority';
    return new GlacierUpError('access-denied', `TLS failed: ${text}`, { hint, cause: error });
  }
  const isNetwork = errno !== '' || error.name === 'TimeoutError';
  if (!isNetwork) return new GlacierUpError('internal', `${operation}: ${text}`, { cause: error });
  const hint =
    errno === 'ENOTFOUND' ? 'check the region and the endpoint, and that this machine is online' : undefined;
  return new GlacierUpError('temporary', `${operation}: no answer from ${place}: ${text || errno}`, {
    cause: error,
    service: { operation },
    ...(hint ? { hint } : {}),
  });
}
