/**
 * Turns what a request failed with into an error of ours. Glacier's codes are judged by the JSON body's `code`
 * (it sends no error header), never by the HTTP status alone: throttling is a 400, an unavailable service a 500.
 * An answer without a code of Glacier's is somebody else's (a proxy, a captive portal) and decides nothing.
 */
import { GlacierUpError, type ServiceReply } from '../../errors.js';
import { cameTooLate, clockSkew } from './clock-skew.js';
import { fromLocalFailure } from './connection-error.js';
import { byCode, byText, type Explanation, ofS3, tooSlow } from './explanations.js';
import type { FailedRequest, SdkError } from './failed-request.js';

export type { FailedRequest } from './failed-request.js';

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
  const name = error.name ?? 'Unknown';
  const isGlaciers = !['Unknown', 'UnknownError', 'SyntaxError', 'Error', 'TypeError'].includes(name);
  if (!isGlaciers) return strangersAnswer(error, httpStatus, service, request);
  service.code = name;
  return fromReply(error, name, httpStatus, service, request);
}

function fromReply(
  error: SdkError,
  name: string,
  httpStatus: number,
  service: ServiceReply,
  request: FailedRequest,
): GlacierUpError {
  const text = error.message ?? '';
  const label = `${text}${text ? ' ' : ''}(${name}${service.requestId ? `, request ID ${service.requestId}` : ''})`;
  const details = { service, cause: error };
  const isLate = cameTooLate(text, error, request.nowMs);
  const skew = isLate ? null : clockSkew(name, text, error, request.nowMs);
  if (skew)
    return new GlacierUpError('clock-skew', `${skew.says}: ${label}`, { ...details, hint: skew.hint });
  const explanation = isLate
    ? tooSlow
    : (byText.find(([pattern]) => pattern.test(text))?.[1] ?? byCode[name] ?? byStatus(httpStatus));
  const answer = { request, text };
  return new GlacierUpError(explanation.code, `${explanation.says(answer)}: ${label}`, {
    ...details,
    hint: explanation.hint(answer),
  });
}

/** A code that is not known here. */
function byStatus(httpStatus: number): Explanation {
  const known =
    httpStatus >= 500
      ? 'ServiceUnavailableException'
      : httpStatus === 403
        ? 'AccessDeniedException'
        : 'InvalidParameterValueException';
  return byCode[known] as Explanation;
}

/** An answer in which no code of Glacier's is found. */
function strangersAnswer(
  error: SdkError,
  httpStatus: number,
  service: ServiceReply,
  request: FailedRequest,
): GlacierUpError {
  const details = { service, cause: error };
  if (httpStatus === 429) return new GlacierUpError('throttled', 'too many requests (HTTP 429)', details);
  if (httpStatus === 408) {
    return new GlacierUpError('request-timeout', 'the request arrived too slowly (HTTP 408)', details);
  }
  if (httpStatus === 407) {
    return new GlacierUpError('proxy-refused', `${request.proxy ?? 'a proxy'} wants a user and a password`, {
      ...details,
      hint: 'write them into the variable: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT',
    });
  }
  if (httpStatus >= 500) {
    return new GlacierUpError('temporary', `${request.operation} failed: HTTP ${httpStatus}`, details);
  }
  // S3 answers in XML, of which the SDK keeps nothing; its headers tell.
  const headers = error.$response?.headers ?? {};
  if (httpStatus >= 400 && (headers.server === 'AmazonS3' || 'x-amz-id-2' in headers)) {
    const { says, hint } = ofS3(httpStatus, request);
    return new GlacierUpError('endpoint-wrong', says, { ...details, hint });
  }
  return notGlacier(request.operation, httpStatus, details);
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
      hint: 'check the network, HTTPS_PROXY and --endpoint-url, then run the same command again',
    },
  );
}
