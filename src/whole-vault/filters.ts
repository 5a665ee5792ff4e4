/** Which archives of a vault a plan is about. */
import type { InventoriedArchive } from '../glacier/inventory/inventory.js';
import { globTest } from '../names/glob.js';
import { nameKey } from '../names/name-key.js';
import { readDescription } from '../names/read-description.js';
import type { NameList } from './name-list.js';

/** As they were given: the same command again must have the same. null: not given. */
export interface Filters {
  /** See `globTest`. */
  match: string | null;
  /** Made at or after, and before, this time: ISO 8601. */
  after: string | null;
  before: string | null;
  /** Made so long before the plan, or longer. */
  olderThanMs: number | null;
  largerThanBytes: number | null;
  smallerThanBytes: number | null;
  /** SHA-256 of the entries of a list of archive IDs and names. */
  listSha256: string | null;
  /** SHA-256 of the archives that a report of `restore` proves; absent in plans of earlier versions. */
  provedSha256?: string | null;
}

/** `ambiguous`: its description has two readings, of which only one is chosen. */
type Choice = 'chosen' | 'notChosen' | 'ambiguous';

/**
 * @param list that of `filters.listSha256`; notes which of its entries are met
 * @param nowMs when the plan is made
 */
export function chooser(
  filters: Filters,
  list: NameList | null,
  nowMs: number,
): (archive: InventoriedArchive) => Choice {
  const { largerThanBytes, smallerThanBytes, olderThanMs } = filters;
  const fromMs = filters.after === null ? Number.NEGATIVE_INFINITY : Date.parse(filters.after);
  const untilMs = Math.min(
    filters.before === null ? Number.POSITIVE_INFINITY : Date.parse(filters.before),
    olderThanMs === null ? Number.POSITIVE_INFINITY : nowMs - olderThanMs,
  );
  const matches = filters.match === null ? null : globTest(filters.match);
  const isInTime = untilMs === Number.POSITIVE_INFINITY && fromMs === Number.NEGATIVE_INFINITY;

  return ({ archiveId, sizeBytes, createdAt, description }) => {
    if (largerThanBytes !== null && sizeBytes <= largerThanBytes) return 'notChosen';
    if (smallerThanBytes !== null && sizeBytes >= smallerThanBytes) return 'notChosen';
    const createdMs = isInTime ? 0 : Date.parse(createdAt);
    if (!isInTime && !(createdMs >= fromMs && createdMs < untilMs)) return 'notChosen';
    const isListedId = list?.takes(archiveId) ?? false;
    if (matches === null && (list === null || isListedId)) return 'chosen';
    const { name, otherName } = readDescription(description);
    const names = [name, otherName].filter((text) => typeof text === 'string').map(nameKey);
    const chosen = names.filter(
      (key) => (matches?.(key) ?? true) && (list === null || isListedId || list.takes(key)),
    );
    if (chosen.length === 0) return 'notChosen';
    return chosen.length === names.length ? 'chosen' : 'ambiguous';
  };
}
