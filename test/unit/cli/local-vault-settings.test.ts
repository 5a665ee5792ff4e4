import { expect, test } from 'vitest';
import { localVaultSettings } from '../../../src/cli/open/local-vault-settings.js';

test('behind --local everything happens at once, unless the variables of serve say otherwise', () => {
  expect(localVaultSettings({})).toEqual({ inventoryEveryMs: 0, jobDelayMs: 0 });
  const env = { GLACIER_UP_INVENTORY_EVERY: '24h', GLACIER_UP_JOB_DELAY: '90s' };
  expect(localVaultSettings(env)).toEqual({ inventoryEveryMs: 86_400_000, jobDelayMs: 90_000 });
});

test('a bad variable is named', () => {
  expect(() => localVaultSettings({ GLACIER_UP_JOB_DELAY: 'soon' })).toThrow(
    /GLACIER_UP_JOB_DELAY is "soon"/,
  );
});
