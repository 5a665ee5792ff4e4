/** The last inventory of each vault, kept as Glacier wrote it, so that any tool can read it too. */
import {
  closeSync,
  existsSync,
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
import { flushFolder, writeWhole } from './durable.js';
import { assertOurs, checked, ensureFolder } from './folders.js';
import { type Destination, sessionId } from './session.js';

export interface InventoryShelf {
  /** Where the inventory of a vault is kept, whether it is there or not. */
  fileOf(destination: Destination): string;
  /** null when none is kept. @throws GlacierUpError when it cannot be read, or is none */
  load(destination: Destination): AskedInventory | null;
  /**
   * Keeps what `write` hands over, in place of the inventory before, once it is whole and is one. The file's time is
   * that at which its job was begun.
   * @throws GlacierUpError `state-unusable`; the inventory before is kept
   */
  keep(
    destination: Destination,
    askedAtMs: number,
    write: (openSink: () => (bytes: Uint8Array) => void) => Promise<void>,
  ): Promise<AskedInventory>;
}

export function openInventoryShelf(folder: string, ownUserId: number | undefined): InventoryShelf {
  const fileOf = (destination: Destination): string =>
    join(folder, `${destination.vault}-${sessionId(destination, 'inventory').slice(0, 8)}.json`);

  return {
    fileOf,
    load: (destination) => {
      const file = fileOf(destination);
      if (!existsSync(file)) return null;
      return checked(file, () => {
        assertOurs(file, ownUserId, 'file');
        return { ...parseInventory(readFileSync(file, 'utf8')), askedAtMs: statSync(file).mtimeMs };
      });
    },
    keep: async (destination, askedAtMs, write) => {
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
        checked(file, () => {
          utimesSync(fresh, askedAtMs / 1000, askedAtMs / 1000);
          renameSync(fresh, file);
          flushFolder(folder);
        });
        return { ...inventory, askedAtMs };
      } finally {
        if (statSync(fresh, { throwIfNoEntry: false })) rmSync(fresh, { force: true });
      }
    },
  };
}
