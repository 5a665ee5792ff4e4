/** The last inventory of each vault, kept as Glacier wrote it, so that any tool can read it too. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { GlacierUpError } from '../errors.js';
import { InventoryReading } from '../glacier/inventory-reading.js';
import type { InventorySource } from '../glacier/inventory-source.js';
import { flushFolder, writeWhole } from '../os/durable.js';
import { isThere } from '../os/presence.js';
import { type AwaitedInventories, openAwaitedInventories } from './awaited-inventories.js';
import type { Destination } from './destination.js';
import { assertOurs, checked, ensureFolder, stateUnusable } from './folders.js';
import { inventoryBytes } from './inventory-bytes.js';
import { sessionId } from './session.js';

/** An inventory that a job brought. */
export interface AskedInventory extends InventorySource {
  readonly askedAtMs: number;
}

/** One that was brought just now. */
export interface FetchedInventory extends AskedInventory {
  /** Why it could not be kept; null when it is kept, or was not to be. */
  readonly notKept: GlacierUpError | null;
  /** Removes it from the disk if it is not kept. */
  release(): void;
}

export interface InventoryShelf {
  readonly awaited: AwaitedInventories;
  /** null when none is kept. @throws GlacierUpError `state-unusable` when it is not ours; so does reading it */
  kept(destination: Destination): AskedInventory | null;
  /**
   * Keeps what `write` hands over, in place of the inventory before, once it is whole and is one. The file's time is
   * that at which its job was begun.
   * @param options.isKept false: the inventory before stays, and this one is there until it is released, as it is where
   * nothing can be kept
   * @throws GlacierUpError `state-unusable`; the inventory before is kept
   */
  keep(
    destination: Destination,
    options: { askedAtMs: number; isKept: boolean; name: string },
    write: (openSink: () => (bytes: Uint8Array) => void) => Promise<void>,
  ): Promise<FetchedInventory>;
}

export function openInventoryShelf(folder: string, ownUserId: number | undefined): InventoryShelf {
  const nameOf = (destination: Destination): string =>
    `${destination.vault}-${sessionId({ destination, accountId: null }, 'inventory').slice(0, 8)}`;
  const fileOf = (destination: Destination): string => join(folder, `${nameOf(destination)}.json`);

  return {
    awaited: openAwaitedInventories(folder, ownUserId, nameOf),
    kept: (destination) => {
      const file = fileOf(destination);
      if (!checked(file, () => isThere(file))) return null;
      return checked(file, () => {
        assertOurs(file, ownUserId, 'file');
        // A number of seconds, in which it was stored, is rounded.
        return readable(file, file, Math.round(statSync(file).mtimeMs));
      });
    },
    keep: async (destination, { askedAtMs, isKept, name }, write) => {
      const place = placeFor(folder, ownUserId);
      const file = fileOf(destination);
      const fresh = join(place.folder, `${basename(file)}.${process.pid}.tmp`);
      const release = (): void => {
        rmSync(fresh, { force: true });
        place.release();
      };
      try {
        await writeFresh(fresh, write);
        await readable(fresh, name, askedAtMs).read().toEnd();
        if (!isKept || place.fault) {
          return { ...readable(fresh, name, askedAtMs), notKept: place.fault, release };
        }
        checked(file, () => {
          utimesSync(fresh, askedAtMs / 1000, askedAtMs / 1000);
          renameSync(fresh, file);
          flushFolder(folder);
        });
        return { ...readable(file, file, askedAtMs), notKept: null, release: () => {} };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** Where an inventory is written. */
interface Place {
  folder: string;
  /** Why it is not the folder in which inventories are kept. */
  fault: GlacierUpError | null;
  release(): void;
}

/** The system's temporary folder where nothing can be kept: an inventory takes hours, and can be printed all the same. */
function placeFor(folder: string, ownUserId: number | undefined): Place {
  try {
    ensureFolder(folder, ownUserId);
    checked(folder, () => accessSync(folder, constants.W_OK));
    return { folder, fault: null, release: () => {} };
  } catch (error) {
    if (!(error instanceof GlacierUpError)) throw error;
    try {
      const temporary = mkdtempSync(join(tmpdir(), 'glacier-up-'));
      return {
        folder: temporary,
        fault: error,
        release: () => rmSync(temporary, { recursive: true, force: true }),
      };
    } catch {
      throw error;
    }
  }
}

function readable(file: string, name: string, askedAtMs: number): AskedInventory {
  const read = () => new InventoryReading(inventoryBytes(file, (cause) => stateUnusable(file, cause)));
  return { name, askedAtMs, read };
}

/** On return what was handed over is in the file for good. */
async function writeFresh(
  fresh: string,
  write: (openSink: () => (bytes: Uint8Array) => void) => Promise<void>,
): Promise<void> {
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
}
