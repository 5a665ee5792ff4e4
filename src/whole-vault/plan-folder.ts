/**
 * Plans on disk: a folder for each vault and kind of work, with the plan itself (`plan.json`), the archives that it is
 * about (`items.jsonl`), what became of them so far (`journal.jsonl`), and the report of the last run (`report.jsonl`).
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GlacierUpError } from '../errors.js';
import { flushFolder, writeNewFile } from '../os/durable.js';
import { isThere } from '../os/presence.js';
import type { Destination } from '../session/destination.js';
import { assertOurs, checked, ensureFolder } from '../session/folders.js';
import { readOurs } from '../session/ours.js';
import { sessionId } from '../session/session.js';
import type { Filters } from './filters.js';

const planSchemaVersion = 1;

/** What is done with the archives. */
export type PlanKind = 'empty' | 'restore';

/** Archives of the inventory that the plan is not about, and why. */
export interface LeftOut {
  /** The filters do not choose them. */
  notChosen: number;
  /** Their descriptions have two readings, of which the filters choose only one. */
  ambiguous: number;
  /** The report that was given does not prove that they were restored; absent in plans of earlier versions. */
  unproved?: number;
  /** Deleting them would cost the rest of their 90 days. */
  young: number;
  /** A deletion is noted in the receipts. */
  deletedAlready: number;
  /** Entries of the inventory that lack something. */
  faulty: number;
}

/** What a plan to restore has beside others. */
export interface RestorePlan {
  /** The target folder, absolute. */
  to: string;
  /** The files are handed to a command, and not kept. */
  handsOver: boolean;
  /** SHA-256 of the list of names that was given. */
  namesSha256: string | null;
  /** 16 hex digits that tell its jobs from those of others. */
  token: string;
  /** How many archives have their name from where. */
  names: { receipts: number; list: number; descriptions: number; none: number };
  /** The description may mean another name than the one chosen. */
  ambiguous: number;
  /** Compressed or encrypted by the tool that wrote them. */
  transformed: number;
  /** Another archive has the same name, or a folder: see `DistinctPaths`. */
  renamed: number;
  /** Archives that the inventory lists again. */
  repeated: number;
}

export interface Plan {
  schema: typeof planSchemaVersion;
  kind: PlanKind;
  destination: Destination;
  /** The vault as its inventory names it; null when it does not. */
  vaultArn: string | null;
  madeAt: string;
  inventory: {
    takenAt: string | null;
    askedAt: string;
    sha256: string;
    archives: number;
    sizeBytes: number;
  };
  filters: Filters;
  /** Archives younger than the shortest time of storage are in it, too. */
  acceptFee: boolean;
  archives: number;
  sizeBytes: number;
  /** Creation dates of the first and the last archive; null without any. */
  oldestAt: string | null;
  newestAt: string | null;
  leftOut: LeftOut;
  /** Estimates, from prices of that month. */
  earlyFee: number;
  savedPerMonth: number;
  currency: string;
  pricesAsOf: string;
  restore?: RestorePlan;
}

/** Where the files of a plan are. */
export interface PlanPaths {
  /** The folder's name. */
  readonly id: string;
  readonly folder: string;
  readonly lock: string;
  readonly plan: string;
  readonly items: string;
  readonly journal: string;
  readonly report: string;
}

export interface PlanShelf {
  pathsOf(kind: PlanKind, destination: Destination): PlanPaths;
  /** null when the folder has no plan. @throws GlacierUpError `state-unusable` */
  read(paths: PlanPaths): Plan | null;
  /** All of them, by name. */
  list(): PlanPaths[];
  /** Makes the folder that holds them all, for locks, too. @throws GlacierUpError `state-unusable` */
  prepare(): void;
  /** An empty folder for a plan that is being made. */
  openDraft(paths: PlanPaths): PlanPaths;
  /** Puts a draft, with its items, in place of the plan before. On return it is there for good. */
  publish(paths: PlanPaths, draft: PlanPaths, plan: Plan): void;
  dropDraft(draft: PlanPaths): void;
}

const longestVaultName = 200;

/** @param ownUserId whose plans to trust; undefined where the system has no user IDs */
export function openPlanShelf(folder: string, ownUserId: number | undefined): PlanShelf {
  const draftOf = ({ id, folder: place }: PlanPaths): PlanPaths => pathsIn(folder, id, `${place}.new`);

  return {
    pathsOf: (kind, destination) => {
      const key = sessionId({ destination, accountId: null }, kind).slice(0, 8);
      return pathsIn(folder, `${kind}-${destination.vault.slice(0, longestVaultName)}-${key}`);
    },
    read: ({ folder: place, plan }) =>
      checked(plan, () => {
        if (!isThere(place)) return null;
        assertOurs(place, ownUserId, 'folder');
        const text = readOurs(plan, ownUserId);
        return text === null ? null : planIn(text, plan);
      }),
    list: () =>
      checked(folder, () => {
        if (!isThere(folder)) return [];
        const names = readdirSync(folder, { withFileTypes: true });
        return names
          .filter((entry) => entry.isDirectory() && !entry.name.endsWith('.new'))
          .map(({ name }) => pathsIn(folder, name))
          .sort((a, b) => (a.id < b.id ? -1 : 1));
      }),
    prepare: () => ensureFolder(folder, ownUserId),
    openDraft: (paths) => {
      const draft = draftOf(paths);
      checked(draft.folder, () => rmSync(draft.folder, { recursive: true, force: true }));
      ensureFolder(draft.folder, ownUserId);
      return draft;
    },
    publish: (paths, draft, plan) =>
      checked(draft.folder, () => {
        writeNewFile(draft.plan, `${JSON.stringify(plan, null, 2)}\n`);
        flushFolder(draft.folder);
        // A crash here leaves no plan: the next run makes it again.
        rmSync(paths.folder, { recursive: true, force: true });
        renameSync(draft.folder, paths.folder);
        flushFolder(folder);
      }),
    dropDraft: (draft) => checked(draft.folder, () => rmSync(draft.folder, { recursive: true, force: true })),
  };
}

function pathsIn(shelf: string, id: string, folder = join(shelf, id)): PlanPaths {
  return {
    id,
    folder,
    lock: join(shelf, `${id}.lock`),
    plan: join(folder, 'plan.json'),
    items: join(folder, 'items.jsonl'),
    journal: join(folder, 'journal.jsonl'),
    report: join(folder, 'report.jsonl'),
  };
}

function planIn(text: string, file: string): Plan {
  let plan: Partial<Plan> | null = null;
  try {
    plan = JSON.parse(text);
  } catch {}
  if (plan?.schema === planSchemaVersion && typeof plan.archives === 'number' && plan.destination) {
    return plan as Plan;
  }
  throw new GlacierUpError('state-unusable', `${file} is not a plan that this version can read`, {
    hint: 'give --new-plan to make it again from the inventory',
  });
}
