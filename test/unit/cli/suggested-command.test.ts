import { describe, expect, test } from 'vitest';
import { typedStep } from '../../../src/cli/output/suggested-command.js';
import { step, stepAtAccount, stepAtVault } from '../../../src/hint.js';

const typed = (options: Record<string, string>, env: Record<string, string> = {}) => ({
  options: { ...env, ...options },
  givenOptions: new Set(Object.keys(options)),
});

describe('a command that a hint names', () => {
  test('has the options that were typed, and not those of the environment', () => {
    const run = typed({ vault: 'photos', stateDir: '/a state' }, { region: 'eu-west-1' });
    expect(typedStep(run, stepAtVault('inventory'))).toBe(
      "glacier-up inventory --vault photos --state-dir '/a state'",
    );
  });

  test('names the vault that is to be filled in when none is known', () => {
    expect(typedStep(typed({ region: 'eu-west-1' }), stepAtVault('inventory'))).toBe(
      'glacier-up inventory --vault NAME --region eu-west-1',
    );
    expect(typedStep(typed({}, { vault: 'photos' }), stepAtVault('inventory'))).toBe('glacier-up inventory');
  });

  test('has the region where the request went, but for a typed one and for an embedded vault', () => {
    const vaults = stepAtAccount('vaults', 'us-east-1');
    expect(typedStep(typed({}), vaults)).toBe('glacier-up vaults --region us-east-1');
    expect(typedStep(typed({ region: 'eu-west-1' }), vaults)).toBe('glacier-up vaults --region eu-west-1');
    expect(typedStep(typed({ local: './v' }), vaults)).toBe('glacier-up vaults --local ./v');
  });

  test('that finds its way by a session has the state folder alone', () => {
    expect(typedStep(typed({ vault: 'photos', stateDir: 's' }), step('resume', 'abc'))).toBe(
      'glacier-up resume abc --state-dir s',
    );
  });
});
