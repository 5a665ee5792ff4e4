import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { fromServiceError } from '../../../src/glacier/service-error.js';

const request = {
  operation: 'UploadMultipartPart',
  vaultName: 'photos',
  place: 'region eu-west-1, account -',
};

function reply(httpStatus: number, name: string, message = '', headers: Record<string, string> = {}) {
  const error = Object.assign(new Error(message), { name });
  const $response = { statusCode: httpStatus, headers };
  return fromServiceError(
    Object.assign(error, { $metadata: { httpStatusCode: httpStatus }, $response }),
    request,
  );
}

describe('a reply of the service', () => {
  test.each<[number, string, string, ErrorCode, number]>([
    [400, 'ThrottlingException', 'Rate exceeded', 'throttled', 5],
    [408, 'RequestTimeoutException', 'Request timed out.', 'request-timeout', 5],
    [500, 'ServiceUnavailableException', '', 'temporary', 5],
    [400, 'InsufficientCapacityException', '', 'temporary', 5],
    [403, 'AccessDeniedException', 'Access denied for account ID: 1', 'access-denied', 7],
    [403, 'ExpiredTokenException', '', 'credentials-expired', 7],
    [400, 'UnrecognizedClientException', '', 'access-denied', 7],
    [400, 'MissingAuthenticationTokenException', '', 'no-credentials', 7],
    [400, 'NoLongerSupportedException', 'This API is no longer supported', 'account-closed', 7],
    [
      403,
      'InvalidSignatureException',
      'The request signature we calculated does not match',
      'signature-refused',
      7,
    ],
    [403, 'InvalidSignatureException', 'Signature expired: 20180727T181658Z is now earlier', 'clock-skew', 7],
    [403, 'InvalidSignatureException', 'Signature not yet current: 20131120T113529Z', 'clock-skew', 7],
    [
      403,
      'InvalidSignatureException',
      'The value passed in as x-amz-content-sha256 does not match',
      'hash-mismatch',
      10,
    ],
    [400, 'InvalidParameterValueException', 'Checksum mismatch: expected a, computed b', 'hash-mismatch', 10],
    [400, 'InvalidParameterValueException', 'Invalid part size: 3', 'request-invalid', 1],
    [400, 'MissingParameterValueException', 'Required parameter missing: API version', 'request-invalid', 1],
    [400, 'LimitExceededException', '', 'limit-exceeded', 1],
    [404, 'ResourceNotFoundException', 'The upload ID was not found: abc', 'upload-gone', 8],
    [404, 'ResourceNotFoundException', 'Vault not found for ARN: arn:aws:glacier', 'vault-gone', 8],
    [403, 'SignatureDoesNotMatch', 'an S3 endpoint set by mistake', 'signature-refused', 7],
  ])('%d %s "%s" is %s, exit %d', (httpStatus, name, message, code, exitCode) => {
    const error = reply(httpStatus, name, message, { 'x-amzn-requestid': 'req-1' });
    expect(error).toMatchObject({ code, exitCode, service: { code: name, httpStatus, requestId: 'req-1' } });
    expect(error.message).toContain('request ID req-1');
  });

  test.each<[number, string, ErrorCode]>([
    [502, 'SyntaxError', 'temporary'],
    [520, 'Unknown', 'temporary'],
    [429, 'Unknown', 'throttled'],
    [408, 'Unknown', 'request-timeout'],
    [404, 'SyntaxError', 'temporary'],
    [403, 'SyntaxError', 'temporary'],
    [302, 'UnknownError', 'temporary'],
    [200, 'SyntaxError', 'temporary'],
  ])(
    'HTTP %d without a code of Glacier (%s) is %s: it does not come from Glacier',
    (httpStatus, name, code) => {
      expect(reply(httpStatus, name, 'Unexpected token <')).toMatchObject({ code, exitCode: 5 });
    },
  );

  test('names the IAM action that may be missing', () => {
    expect(reply(403, 'AccessDeniedException').hint).toContain('glacier:UploadMultipartPart');
  });

  test('keeps Retry-After', () => {
    expect(reply(400, 'ThrottlingException', '', { 'retry-after': '7' }).service?.retryAfterMs).toBe(7000);
  });
});

describe('no reply at all', () => {
  const local = (fields: Record<string, unknown>) =>
    fromServiceError(Object.assign(new Error(String(fields.message ?? 'x')), fields), request);

  test.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])(
    '%s is temporary',
    (errno) => {
      expect(local({ code: errno })).toMatchObject({ code: 'temporary' });
    },
  );

  test.each(['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    '%s is refused, not repeated',
    (errno) => {
      expect(local({ code: errno })).toMatchObject({ code: 'access-denied', exitCode: 7 });
    },
  );

  test('no credentials and no region are told with where to put them', () => {
    expect(local({ name: 'CredentialsProviderError' })).toMatchObject({ code: 'no-credentials' });
    expect(local({ message: 'Region is missing' })).toMatchObject({
      code: 'no-region',
      hint: expect.stringContaining('AWS_DEFAULT_REGION'),
    });
  });

  test('anything else is a bug of ours, with its cause kept', () => {
    const cause = new TypeError('oops');
    expect(fromServiceError(cause, request)).toMatchObject({ code: 'internal', cause });
  });
});
