/** What a vault's last inventory counted; DescribeVault shows nothing newer. */
export interface Inventory {
  readonly atMs: number;
  readonly archives: number;
  readonly sizeBytes: number;
}

/**
 * When the inventory that is due was taken; undefined if none is. The service takes stock about once a day, and only
 * of a vault that has changed (documented). Here the days are counted from the vault's creation (our choice).
 */
export function inventoryDue(
  vault: { createdAtMs: number; lastWriteAtMs: number | null; inventory: Inventory | null },
  everyMs: number,
  nowMs: number,
): number | undefined {
  const { createdAtMs, lastWriteAtMs, inventory } = vault;
  if (lastWriteAtMs === null) return undefined;
  if (inventory && inventory.atMs > lastWriteAtMs) return undefined;
  if (everyMs === 0) return Math.max(nowMs, lastWriteAtMs + 1);
  const rounds = Math.floor((lastWriteAtMs - createdAtMs) / everyMs) + 1;
  const atMs = createdAtMs + rounds * everyMs;
  return atMs <= nowMs ? atMs : undefined;
}
