/** Asks once, and only when it matters, which vault the options lead to. */
import { hasCode } from '../../errors.js';
import type { RetryingVault } from '../../glacier/retry/retrying-vault.js';
import type { Destination } from '../../session/destination.js';
import type { WhichVault } from '../../session/which-vault.js';

/** `arn:aws:glacier:REGION:ACCOUNT:vaults/NAME` */
const accountInArn = /^arn:[^:]+:glacier:[^:]*:(\d+):vaults\//;

/**
 * @param onUnknown told when the policy does not allow the question
 * @returns asks by one DescribeVault, however often it is called
 */
export function whichVaultAsker(
  vault: RetryingVault,
  destination: Destination,
  signal: AbortSignal,
  onUnknown: (message: string) => void,
): () => Promise<WhichVault> {
  let answer: Promise<WhichVault> | undefined;
  const ask = async (): Promise<WhichVault> => {
    try {
      const { arn, createdAt } = await vault.describeVault(signal);
      return { destination, accountId: accountInArn.exec(arn)?.[1] ?? null, createdAt: createdAt || null };
    } catch (error) {
      const isForbidden = hasCode(error, 'access-denied') && error.service?.operation === 'DescribeVault';
      if (!isForbidden) throw error;
      onUnknown(
        `the account of vault ${destination.vault} is not known (${error.message}): ` +
          'what was uploaded by another profile is not recognised; allow glacier:DescribeVault',
      );
      return { destination, accountId: null, createdAt: null };
    }
  };
  return () => {
    answer ??= ask();
    return answer;
  };
}
