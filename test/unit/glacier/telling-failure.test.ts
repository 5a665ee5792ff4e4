import { expect, test } from 'vitest';
import { tellingFailure } from '../../../src/glacier/connections/connect-first.js';

const failure = (code: string) => Object.assign(new Error(code), { code });

test.each([
  [['ENETUNREACH', 'ETIMEDOUT'], 'ETIMEDOUT'],
  [['EHOSTUNREACH', 'ECONNREFUSED'], 'ECONNREFUSED'],
  [['ETIMEDOUT', 'EADDRNOTAVAIL', 'ECONNRESET'], 'ECONNRESET'],
  [['EHOSTUNREACH', 'ETIMEDOUT'], 'EHOSTUNREACH'],
  [['EAFNOSUPPORT', 'ENETUNREACH'], 'EAFNOSUPPORT'],
])('of the addresses of a host that failed with %j, %s is told', (codes, told) => {
  expect(tellingFailure(codes.map(failure))?.message).toBe(told);
});

test('nothing is told where no address was tried', () => {
  expect(tellingFailure([])).toBeUndefined();
});
