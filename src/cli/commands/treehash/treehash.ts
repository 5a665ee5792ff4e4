import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile } from '../../command/files.js';
import { treehashOptions } from './options.js';

export const treehashCommand: CommandBody<typeof treehashOptions> = {
  operands: '[file...]',
  operandHelp: 'files; - or nothing reads standard input',
  description: [
    'Prints the SHA-256 tree hash of each file in the manner of sha256sum, hashing on all processors that it may use (see --threads). For a file of up to 1 MiB it is the plain SHA-256; for larger ones it is not, so that a list without tags is easily taken for one of sha256sum: --tag tells them apart.',
    'With --check the operands are lists of such lines, and each file named in them is checked. With --receipts each file archived from this machine, or each operand, is compared with its newest receipt. With --inventory each operand is looked for in an inventory of a vault, as Glacier gives it in JSON or CSV, by tree hash and size; an archive that FastGlacier compressed or encrypted by the MD5 in its description.',
    'Names with a backslash, newline or carriage return are escaped, and their line begins with a backslash. The status is 1 when a file could not be read or did not match, or a list had no line of the right form. To a terminal, control characters of names are made visible; elsewhere names are written as they are.',
  ],
  options: treehashOptions,
  examples: [
    { command: 'treehash --tag backup.tar > backup.tar.treehash', does: 'note the tree hash of a file' },
    { command: 'treehash --check --quiet backup.tar.treehash', does: 'check it, and print only what fails' },
    { command: 'treehash --receipts', does: 'are the files that were archived still what they were?' },
    {
      command: 'treehash --inventory inventory.json *.tar',
      does: 'are these files among the archives of a vault?',
    },
    { command: 'treehash --parts 64M backup.tar', does: 'the hashes that ListParts should show' },
  ],
  iamActions: [],
  exitCodes: [3, 4, 9],
  seeAlso: ['upload', 'list-parts', 'complete', 'receipts'],
  files: [receiptsFile],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
