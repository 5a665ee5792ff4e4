import type { Filters } from '../../../src/whole-vault/filters.js';

/** Leaves no archive out. */
export const noFilter: Filters = {
  match: null,
  after: null,
  before: null,
  olderThanMs: null,
  largerThanBytes: null,
  smallerThanBytes: null,
  listSha256: null,
};
