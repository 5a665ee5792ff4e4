import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { fromServiceError } from '../../../src/glacier/failures/service-error.js';

const request = {
  operation: 'UploadMultipartPart',
  vaultName: 'photos',
  region: 'eu-west-1',
  accountId: '-',
  nowMs: Date.parse('2026-01-01T12:00:00Z'),
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
    [400, 'UnrecognizedClientException', '', 'credentials-refused', 7],
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

  test('names the IAM action and the vault that it was refused on, in the words of the answer if it has them', () => {
    const plain = reply(403, 'AccessDeniedException', 'Access denied');
    expect(plain.message).toContain(
      'not allowed: glacier:UploadMultipartPart on arn:aws:glacier:eu-west-1:*:vaults/photos',
    );
    expect(plain.hint).toContain('allow glacier:UploadMultipartPart in the IAM policy');
    const usual =
      'User: arn:aws:iam::111122223333:user/b is not authorized to perform: glacier:ListParts on resource: arn:aws:glacier:eu-west-1:111122223333:vaults/p';
    const named = reply(403, 'AccessDeniedException', usual);
    expect(named.message).toContain(
      'glacier:ListParts on arn:aws:glacier:eu-west-1:111122223333:vaults/p: User',
    );
    expect(named.hint).toContain('glacier:ListParts');
  });

  test('names the account that the credentials are not of', () => {
    const error = reply(403, 'AccessDeniedException', 'Access denied for account ID: 444455556666');
    expect(error.message).toContain('the credentials do not belong to account 444455556666');
    expect(error.hint).toContain('--account-id');
  });

  test('names region and account, with its number, in which a vault was looked for', () => {
    const text = 'Vault not found for ARN: arn:aws:glacier:eu-west-1:111122223333:vaults/photos';
    const error = reply(404, 'ResourceNotFoundException', text);
    expect(error.message).toContain(
      'vault photos was not found in region eu-west-1, account 111122223333, that of the credentials',
    );
    expect(error.hint).toContain('"glacier-up vaults --region eu-west-1" lists those there');
  });

  test('says by how much the clock is off, and both times', () => {
    const skewed = (date: string, text = 'Signature expired: 1 is now earlier than 2') =>
      reply(403, 'InvalidSignatureException', text, { date }).message;
    expect(skewed('Thu, 01 Jan 2026 13:02:05 GMT')).toContain(
      "clock is 1 h 2 min 5 s behind the service's: 2026-01-01T12:00:00Z here, 2026-01-01T13:02:05Z there",
    );
    expect(skewed('Wed, 31 Dec 2025 12:00:00 GMT')).toContain('clock is 1 d ahead of');
    const text =
      'Signature expired: 20260101T120000Z is now earlier than 20260101T121500Z (20260101T122000Z - 5 min.)';
    expect(skewed('', text)).toContain('clock is 20 min behind');
  });

  test.each<[string, string, ErrorCode, string, string]>([
    [
      'InvalidParameterValueException',
      'Invalid part size: 3.',
      'request-invalid',
      'this part size',
      '--part-size',
    ],
    [
      'InvalidParameterValueException',
      'This is part number 10001 for the current multipart upload. It exceeds the limit of 10000 parts.',
      'request-invalid',
      '10,000 parts',
      '--part-size',
    ],
    [
      'InvalidParameterValueException',
      'Invalid Content-Range: bytes 9-8/*',
      'request-invalid',
      'range',
      'proxy',
    ],
    [
      'InvalidParameterValueException',
      'Content-Range: bytes 1-2/* is incompatible with Content-Length: 5',
      'request-invalid',
      'range',
      'proxy',
    ],
    ['InvalidParameterValueException', 'Invalid Content-Length: 0', 'request-invalid', 'length', 'proxy'],
    [
      'InvalidParameterValueException',
      'Checksum mismatch: expected a, computed b',
      'hash-mismatch',
      'other bytes',
      'memory',
    ],
    [
      'InvalidParameterValueException',
      'Invalid x-amz-sha256-tree-hash: abc',
      'request-invalid',
      'tree hash',
      'list-parts',
    ],
    [
      'InvalidParameterValueException',
      'The job is not currently available for download: j',
      'job-pending',
      'not done',
      'again',
    ],
    [
      'InvalidParameterValueException',
      'Vault not empty or recently written to: arn',
      'vault-not-empty',
      'vault photos cannot be deleted',
      'inventory',
    ],
    ['InvalidParameterValueException', 'Invalid vault name', 'archive-gone', 'not in this vault', '--vault'],
    [
      'InvalidParameterValueException',
      'Invalid vault name: arn:aws:glacier:eu-west-1:111122223333:vaults/photos',
      'archive-gone',
      'not in this vault',
      '--vault',
    ],
    ['InvalidParameterValueException', 'anything else', 'request-invalid', 'anything else', '--debug'],
    [
      'MissingParameterValueException',
      'Required parameter missing: API version',
      'request-invalid',
      'did not arrive',
      'proxy',
    ],
    ['ResourceNotFoundException', 'Vault not found for ARN: a b', 'vault-gone', 'vault photos', 'spelling'],
    [
      'ResourceNotFoundException',
      'The upload ID was not found: u',
      'upload-gone',
      'not open any more',
      '24 hours',
    ],
    [
      'ResourceNotFoundException',
      'The archive ID was not found: a',
      'archive-gone',
      'no such archive',
      'inventory',
    ],
    ['ResourceNotFoundException', 'The job ID was not found: j', 'job-gone', 'no more', 'another job'],
    [
      'ResourceNotFoundException',
      'Inventory retrieval jobs for vault arn cannot be initiated yet',
      'job-pending',
      'no inventory yet',
      'a day',
    ],
    [
      'UnrecognizedClientException',
      'No account found for the given parameters',
      'credentials-refused',
      'knows no account',
      '12 digits',
    ],
    ['RequestTimeTooSkewed', 'S3', 'clock-skew', 'clock is', 'NTP'],
    ['InvalidAccessKeyId', 'S3', 'credentials-refused', 'access key', 'AWS_SESSION_TOKEN'],
  ])('%s "%s" is %s and explained', (name, text, code, says, hint) => {
    const status = name === 'ResourceNotFoundException' ? 404 : 400;
    const error = reply(status, name, text, { date: new Date(0).toUTCString() });
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) });
    expect(error.message).toContain(says);
    expect(error.message).toContain(`${text} (${name}`);
  });

  test('from a proxy that wants a user says that the proxy refuses, not the service', () => {
    expect(reply(407, 'Unknown')).toMatchObject({ code: 'proxy-refused', exitCode: 7 });
  });

  test('from S3 says that the endpoint is wrong, not that something is not allowed', () => {
    expect(reply(403, 'Unknown', '', { server: 'AmazonS3' })).toMatchObject({
      code: 'endpoint-wrong',
      exitCode: 7,
    });
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

  const certificateFaults = [
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ];

  test.each(certificateFaults)('%s is refused, not repeated', (errno) => {
    expect(local({ code: errno })).toMatchObject({ code: 'certificate-untrusted', exitCode: 7 });
  });

  test.each(certificateFaults)('%s is temporary once the endpoint has answered in this run', (errno) => {
    const error = Object.assign(new Error('x'), { code: errno });
    expect(fromServiceError(error, { ...request, hasAnswered: true })).toMatchObject({ code: 'temporary' });
  });

  test.each(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])('%s may be the fault of the clock', (errno) => {
    expect(local({ code: errno }).hint).toContain("check this machine's clock");
  });

  test.each([
    'EPROTO',
    'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC',
    'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    'ERR_SSL_UNEXPECTED_EOF_WHILE_READING',
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
    'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
  ])('%s is temporary: no certificate is to blame', (errno) => {
    const error = local({ code: errno });
    expect(error).toMatchObject({ code: 'temporary' });
    expect(error.message).toContain('the encrypted connection failed');
  });

  test('no credentials and no region are told with where to put them', () => {
    expect(local({ name: 'CredentialsProviderError' })).toMatchObject({ code: 'no-credentials' });
    expect(local({ message: 'Region is missing' })).toMatchObject({
      code: 'no-region',
      hint: expect.stringContaining('AWS_DEFAULT_REGION'),
    });
  });

  test.each([
    Object.assign(new TypeError('x must be a string'), { code: 'ERR_INVALID_ARG_TYPE' }),
    Object.assign(new RangeError('x is out of range'), { code: 'ERR_OUT_OF_RANGE' }),
    new ReferenceError('x is not defined'),
    Object.assign(new Error("Cannot find module './x.js'"), { code: 'MODULE_NOT_FOUND' }),
  ])('a mistake of the program is no network that is tried again (%s)', (cause) => {
    expect(fromServiceError(cause, request)).toMatchObject({ code: 'internal', cause });
  });

  test.each([
    'ECONNRESET',
    'ERR_STREAM_PREMATURE_CLOSE',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'HPE_INVALID_CONSTANT',
  ])('a line that breaks with %s is tried again', (code) => {
    expect(fromServiceError(Object.assign(new Error('it broke'), { code }), request)).toMatchObject({
      code: 'temporary',
    });
  });

  test('anything else is a bug of ours, with its cause kept', () => {
    const cause = new TypeError('oops');
    expect(fromServiceError(cause, request)).toMatchObject({ code: 'internal', cause });
  });
});
