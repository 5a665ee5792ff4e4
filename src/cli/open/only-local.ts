/** What does not go with `--local`. */
import { GlacierUpError } from '../../errors.js';
import type { CommandRun } from '../command/command-run.js';
import type { VaultSelector } from './vault-selector.js';

const notWithLocal = [
  { name: 'region', flag: '--region' },
  { name: 'profile', flag: '--profile' },
  { name: 'accountId', flag: '--account-id' },
  { name: 'endpointUrl', flag: '--endpoint-url' },
] as const;

/** What the environment says of another place does not count. @throws GlacierUpError `usage` */
export function assertOnlyLocal({ givenOptions }: CommandRun, selector: VaultSelector): void {
  const other = notWithLocal.find(({ name }) => selector[name] !== undefined && givenOptions.has(name));
  if (!other) return;
  const message = `--local goes without ${other.flag}: the embedded vault is in a folder`;
  throw new GlacierUpError('usage', message);
}
