/** The last inventory of each vault, kept as Glacier wrote it, so that any tool can read it too. */
import { accessSync, constants, mkdtempSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../clock.js';
import { GlacierUpError } from '../errors.js';
import { InventoryReading } from '../glacier/inventory/inventory-reading.js';
import type { InventorySource } from '../glacier/inventory/inventory-source.js';
import { flushFolder } from '../os/durable.js';
import { fileTime } from '../os/file-time.js';
import { isThere } from '../os/presence.js';
import { type AwaitedInventories, openAwaitedInventories } from './awaited-inventories.js';
import type { Destination } from './destination.js';
import { assertOurs, checked, ensureFolder, stateUnusable } from './folders.js';
import { inventoryBytes } from './inventory-bytes.js';
import { sweepOrphans } from './orphans.js';
import { sessionId } from './session.js';

/** An inventory that a job brought. */
export interface AskedInventory extends InventorySource {
  readonly askedAtMs: number;
  /** @param onBytes called with each piece as it is read */
  read(onBytes?: (bytes: Uint8Array) => void): InventoryReading;
}

/** One that was brought just now. */
export interface FetchedInventory extends AskedInventory {
  /** Why it could not be kept; null when it is kept, or was not to be. */
  readonly notKept: GlacierUpError | null;
  /** Removes it from the disk if it is not kept. */
  release(): void;
}

/** What is to be known of an inventory that was brought. */
export interface BroughtInventory {
  /** When its job was begun, ms since 1970. */
  askedAtMs: number;
  /** False: the inventory before stays, and this one is there until it is released. */
  isKept: boolean;
  /** For messages. */
  name: string;
}

/** Where an inventory is downloaded to. */
export interface DownloadPlace {
  /** As `fileFor` says, or of that name elsewhere. */
  file: string;
  /** Why it is not where inventories are kept: nothing can be kept there. */
  fault: GlacierUpError | null;
  release(): void;
}

export interface InventoryShelf {
  readonly awaited: AwaitedInventories;
  /** null when none is kept. @throws GlacierUpError `state-unusable` when it is not ours; so does reading it */
  kept(destination: Destination): AskedInventory | null;
  /** The file that the inventory of a vault is kept in; what is on its way has names that begin with this one. */
  fileFor(destination: Destination): string;
  /** Where it is to be downloaded to. @throws GlacierUpError `state-unusable` when nowhere could it be */
  placeFor(destination: Destination): DownloadPlace;
  /**
   * Keeps what is in `fresh`, which is flushed and lies in that place, instead of the inventory before, once it is read to
   * its end. The file's time is that at which its job was begun. Where nothing can be kept it is there until it is released.
   * @throws GlacierUpError `failed` when it is damaged or no inventory; `state-unusable`. Then the inventory before is kept
   */
  keep(place: DownloadPlace, fresh: string, brought: BroughtInventory): Promise<FetchedInventory>;
}

/** Opens the folder of inventories. Nothing is read or made yet. */
export function openInventoryShelf(
  folder: string,
  ownUserId: number | undefined,
  clock: Clock,
): InventoryShelf {
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
    fileFor: fileOf,
    placeFor: (destination) => {
      const place = placeFor(folder, ownUserId);
      if (place.fault === null) sweepOrphans(folder, clock.now());
      return { ...place, file: join(place.folder, basename(fileOf(destination))) };
    },
    keep: async ({ file, fault, release }, fresh, { askedAtMs, isKept, name }) => {
      await readable(fresh, name, askedAtMs).read().toEnd();
      const isStaying = isKept && fault === null;
      const own = isStaying ? file : `${file}.${process.pid}.tmp`;
      checked(file, () => {
        if (isStaying) utimesSync(fresh, fileTime(askedAtMs), fileTime(askedAtMs));
        renameSync(fresh, own);
        flushFolder(dirname(file));
      });
      const releaseOwn = (): void => {
        if (!isStaying) rmSync(own, { force: true });
        release();
      };
      return { ...readable(own, isStaying ? file : name, askedAtMs), notKept: fault, release: releaseOwn };
    },
  };
}

/** The system's temporary folder where nothing can be kept: an inventory takes hours, and can be printed all the same. */
function placeFor(
  folder: string,
  ownUserId: number | undefined,
): Omit<DownloadPlace, 'file'> & { folder: string } {
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
  const read: AskedInventory['read'] = (onBytes) => {
    const bytes = inventoryBytes(file, (cause) => stateUnusable(file, cause));
    return new InventoryReading(onBytes ? told(bytes, onBytes) : bytes);
  };
  return { name, askedAtMs, read };
}

async function* told(
  pieces: AsyncIterable<Buffer>,
  onBytes: (bytes: Uint8Array) => void,
): AsyncGenerator<Buffer, void> {
  for await (const piece of pieces) {
    onBytes(piece);
    yield piece;
  }
}
