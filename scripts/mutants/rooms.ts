/** The rooms of src/, and the share of its mutants that the tests of each must kill. */
export interface Room {
  name: string;
  /** Paths of the room begin with one of these. */
  folders: readonly string[];
  /** Of the mutants that have no reason to survive. */
  targetShare: number;
}

const recovery = 0.85;
const elsewhere = 0.75;

/** The first room that a file belongs to is its room. */
export const rooms: readonly Room[] = [
  { name: 'transfer', folders: ['src/transfer/'], targetShare: recovery },
  { name: 'retrieval', folders: ['src/retrieval/'], targetShare: recovery },
  { name: 'receipts', folders: ['src/session/receipts/'], targetShare: recovery },
  { name: 'session', folders: ['src/session/'], targetShare: recovery },
  { name: 'glacier', folders: ['src/glacier/'], targetShare: elsewhere },
  { name: 'os', folders: ['src/os/'], targetShare: elsewhere },
  { name: 'archive', folders: ['src/archive/'], targetShare: elsewhere },
  { name: 'treehash', folders: ['src/treehash/'], targetShare: elsewhere },
  { name: 'names', folders: ['src/names/'], targetShare: elsewhere },
  { name: 'whole-vault', folders: ['src/whole-vault/'], targetShare: elsewhere },
  { name: 'server', folders: ['src/server/'], targetShare: elsewhere },
  { name: 'operands', folders: ['src/cli/operands/'], targetShare: elsewhere },
  { name: 'cli', folders: ['src/cli/'], targetShare: elsewhere },
  { name: 'top', folders: ['src/'], targetShare: elsewhere },
];

/** What only prints: its tests compare whole texts. */
const leftOut = ['src/cli/help/', 'src/cli/completion/'];

/** @returns the name of the room, or `undefined` for a file whose mutants are not made */
export function roomOf(path: string): string | undefined {
  if (leftOut.some((folder) => path.startsWith(folder))) return undefined;
  return rooms.find(({ folders }) => folders.some((folder) => path.startsWith(folder)))?.name;
}
