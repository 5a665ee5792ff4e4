/** How the embedded vault behind `--local` is set. */
import { parseDuration } from '../options/option-values.js';
import { environmentValue } from '../parser/apply-environment.js';

/**
 * The variables of `serve`'s options of these names. Without them all happens at once: the vault lives only as long as
 * a command, and is there for trying the tool.
 * @throws GlacierUpError `usage` naming the variable
 */
export function localVaultSettings(env: Record<string, string | undefined>): {
  inventoryEveryMs: number;
  jobDelayMs: number;
} {
  const duration = (long: string): number => environmentValue(env, long, parseDuration) ?? 0;
  return { inventoryEveryMs: duration('--inventory-every'), jobDelayMs: duration('--job-delay') };
}
