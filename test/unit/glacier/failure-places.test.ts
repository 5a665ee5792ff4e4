/** Where a request failed, and whether trying again may help. */
import { describe, expect, test } from 'vitest';
import { fromCredentialsChain } from '../../../src/glacier/failures/credentials-error.js';
import { fromServiceError } from '../../../src/glacier/failures/service-error.js';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

describe('a vault that is not there', () => {
  const notFound = (accountId: string) => {
    const error = Object.assign(new Error('Vault not found'), {
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    });
    const request = { operation: 'DescribeVault', vaultName: 'photos', region: 'eu-west-1', nowMs };
    return fromServiceError(error, { ...request, accountId }).message;
  };

  test('is named with the account that was given', () => {
    expect(notFound('123456789012')).toContain('region eu-west-1, account 123456789012');
  });

  test('is named with the account of the credentials where none was given', () => {
    expect(notFound('-')).toContain('region eu-west-1, the account of the credentials');
  });
});

describe('a service of credentials', () => {
  const fault = (code: string, hasAnswered: boolean) =>
    fromCredentialsChain(Object.assign(new Error('x'), { code }), { hasAnswered, nowMs });

  test('that cannot be reached may be reached later', () => {
    expect(fault('ECONNREFUSED', false)).toMatchObject({ code: 'temporary' });
    expect(fault('ECONNREFUSED', true)).toMatchObject({ code: 'temporary' });
  });

  test('whose certificate cannot be trusted is refused, unless it has answered in this run', () => {
    expect(fault('CERT_HAS_EXPIRED', false)).toMatchObject({ code: 'certificate-untrusted' });
    expect(fault('CERT_HAS_EXPIRED', true)).toMatchObject({ code: 'temporary' });
  });
});
