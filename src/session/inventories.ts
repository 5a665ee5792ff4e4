/** The last inventory of each vault, kept as Glacier wrote it, so that any tool can read it too. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AskedInventory, parseInventory } from '../glacier/inventory.js';
import { isThere } from '../os/presence.js';
import { type AwaitedInventories, openAwaitedInventories } from './awaited-inventories.js';
import type { Destination } from './destination.js';
import { flushFolder, writeWhole } from './durable.js';
import { assertOurs, checked, ensureFolder } from './folders.js';
import { sessionId } from './session.js';

export interface InventoryShelf {
  readonly awaited: AwaitedInventories;
  /** Where the inventory of a vault is kept, whether it is there or not. */
  fileOf(destination: Destination): string;
  /** null when none is kept. @throws GlacierUpError when it cannot be read, or is none */
  load(destination: Destination): AskedInventory | null;
  /** When the inventory that is kept was asked for, ms since 1970; null when none is kept. */
  askedAtMs(destination: Destination): number | null;
  /**
   * Keeps what `write` hands over, in place of the inventory before, once it is whole and is one. The file's time is
   * that at which its job was begun.
   * @param options.isKept false: it is read, and the inventory before stays
   * @throws GlacierUpError `state-unusable`; the inventory before is kept
   */
  keep(
    destination: Destination,
    options: { askedAtMs: number; isKept: boolean },
    write: (openSink: () => (bytes: Uint8Array) => void) => Promise<void>,
  ): Promise<AskedInventory>;
}

export function openInventoryShelf(folder: string, ownUserId: number | undefined): InventoryShelf {
  const nameOf = (destination: Destination): string =>
    `${destination.vault}-${sessionId({ destination, accountId: null }, 'inventory').slice(0, 8)}`;
  const fileOf = (destination: Destination): string => join(folder, `${nameOf(destination)}.json`);

  return {
    awaited: openAwaitedInventories(folder, ownUserId, nameOf),
    fileOf,
    askedAtMs: (destination) => askedAtMsOf(fileOf(destination)),
    load: (destination) => {
      const file = fileOf(destination);
      if (!checked(file, () => isThere(file))) return null;
      return checked(file, () => {
        assertOurs(file, ownUserId, 'file');
        const inventory = parseInventory(readFileSync(file, 'utf8'));
        return { ...inventory, askedAtMs: askedAtMsOf(file) ?? 0, file };
      });
    },
    keep: async (destination, { askedAtMs, isKept }, write) => {
      ensureFolder(folder, ownUserId);
      const file = fileOf(destination);
      const fresh = `${file}.${process.pid}.tmp`;
      try {
        let fd = -1;
        const openSink = () => {
          checked(fresh, () => {
            if (fd !== -1) closeSync(fd);
            rmSync(fresh, { force: true });
            fd = openSync(fresh, 'wx', 0o600);
          });
          return (bytes: Uint8Array): void => checked(fresh, () => writeWhole(fd, Buffer.from(bytes)));
        };
        try {
          await write(openSink);
          checked(fresh, () => fsyncSync(fd));
        } finally {
          if (fd !== -1) closeSync(fd);
        }
        const inventory = parseInventory(checked(fresh, () => readFileSync(fresh, 'utf8')));
        if (!isKept) return { ...inventory, askedAtMs, file: null };
        checked(file, () => {
          utimesSync(fresh, askedAtMs / 1000, askedAtMs / 1000);
          renameSync(fresh, file);
          flushFolder(folder);
        });
        return { ...inventory, askedAtMs, file };
      } finally {
        if (statSync(fresh, { throwIfNoEntry: false })) rmSync(fresh, { force: true });
      }
    },
  };
}

/** The time of the file, in whole ms: as a number of seconds it was rounded. */
function askedAtMsOf(file: string): number | null {
  const stats = checked(file, () => statSync(file, { throwIfNoEntry: false }));
  return stats ? Math.round(stats.mtimeMs) : null;
}
