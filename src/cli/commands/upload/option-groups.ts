/** Options of `upload` alone: what becomes an archive, lists of files, many machines, pipes. */
import { hint, step, stepAtVault } from '../../../hint.js';
import type { OptionSpec } from '../../command/command.js';
import {
  parseDescription,
  parseExclusion,
  parseExpectedSize,
  parseName,
  parsePartSize,
  partSizeValues,
} from '../../options/option-values.js';
import { forceOption, onChangeOption, uploadIdOption } from '../../options/shared-options.js';
import { autoShardText, parseShard } from './shard-option.js';

/** Whoever sends a shard finds an upload that has it already. */
const settledByBegin = { with: '--shard', hint: 'give it with --begin' } as const;
const isOneArchive = 'it is about one archive; upload the files of a list by another command';
const oneArchive = [
  { with: '-', hint: isOneArchive },
  { with: '--begin', hint: isOneArchive },
  { with: '--shard', hint: isOneArchive },
  { with: '--upload-id', hint: isOneArchive },
] as const;
const notInShards = {
  with: '-',
  hint: 'standard input cannot be read in shards; for a file of the name -, write ./-',
} as const;
const ofStream = [
  { with: '-', hint: 'write "glacier-up upload - …"; a file has a name and a size of its own' },
] as const;

export const uploadOptions = [
  {
    flags: '-n, --dry-run',
    help: 'show the plan and send nothing',
    detail:
      'Shows part size, number of parts and requests, which parts are stored already, and an estimate of the cost. For an unfinished upload it sends ListParts, otherwise nothing.',
    notWith: [
      {
        with: '--begin',
        hint: hint`${stepAtVault('upload', 'FILE', '--dry-run')} shows part size and number of parts`,
      },
      {
        with: '--shard',
        hint: hint`${stepAtVault('list-parts', '--upload-id', 'ID', 'FILE')} shows which parts are there`,
      },
    ],
  },
  {
    flags: '--description <text>',
    help: 'use {path}, {name}, {mtime}, {host}',
    detail:
      'At most 1,024 printable characters, and no space at either end. It cannot be changed later. {path} is the file as it was named, without a leading "/" or "./", with ".." resolved; {name} its last part; {mtime} its modification time, as 2026-11-24T02:18:59Z; {host} the name of this machine. {{path}} stands for the text {path}; all other braces are text. With several files one of the first three must be in it. A path or name with other than printable ASCII becomes {"Path":"..."} with JSON escapes when it is alone, and gets JSON escapes within other text. An upload under way keeps the description that it began with.',
    parse: parseDescription,
    notWith: [settledByBegin],
    defaultText: '{path}',
  },
  {
    flags: '--part-size <size>',
    help: 'a power of two, 1M to 4G',
    detail:
      'The default is the smallest from 16M on that needs at most 2,000 parts, and smaller if --limit-rate is too low for it. An upload has at most 10,000 parts. One under way keeps its part size.',
    parse: parsePartSize,
    notWith: [settledByBegin],
    values: partSizeValues,
    defaultText: 'by file size',
  },
  {
    rare: true,
    flags: '--again',
    help: 'upload once more although there is a receipt',
    detail: 'The vault then has the file twice, under two archive IDs, and both cost money.',
    notWith: [settledByBegin],
  },
  {
    rare: true,
    flags: '--start-over',
    help: 'drop the unfinished upload and start a new one',
    detail:
      'The stored parts are lost. Use it if you changed the file on purpose before its upload was finished.',
    iamActions: ['glacier:AbortMultipartUpload'],
    notWith: ['--begin', '--shard'],
  },
  { ...onChangeOption, notWith: ['--begin', '--shard'] },
  { ...forceOption, onlyWith: ['--start-over'] },
] as const satisfies readonly OptionSpec[];

/** For an upload of many files. */
export const listOptions = [
  {
    flags: '-r, --recursive',
    help: 'archive every file below the folders named',
    detail:
      'Each regular file becomes an archive of its own, in the order of the names. Symbolic links below the folder are not followed. An empty file is skipped, which a note says and the summary counts.',
    notWith: oneArchive,
  },
  {
    flags: '--files-from <file>',
    help: 'archive the files in a list; - for standard input',
    detail:
      'One name a line; empty lines count for nothing. The list is read as it is needed. Files named on the command line come first.',
    parse: parseName,
    notWith: oneArchive,
  },
  {
    flags: '-0, --null',
    rare: true,
    help: 'with --files-from: names end with NUL, as from find -print0',
    onlyWith: ['--files-from'],
  },
  {
    flags: '--exclude <glob>',
    rare: true,
    repeatable: true,
    help: 'with --recursive: leave out what matches',
    detail:
      'May be given several times. A pattern without a slash is compared with the last part of each path, one with a slash with all of it below the folder named. * and ? stand for anything but a slash, ** for any folders, [a-z] for one character; a backslash takes the meaning from the next character. With a slash at the end it matches folders only. Of a folder that matches, nothing is archived.',
    parse: parseExclusion,
    onlyWith: ['--recursive'],
  },
  {
    flags: '--one-file-system',
    rare: true,
    help: 'with --recursive: stay on the file system of the folder named',
    onlyWith: ['--recursive'],
  },
] as const satisfies readonly OptionSpec[];

/** For an upload whose parts many machines send. */
export const shardOptions = [
  {
    flags: '--begin',
    help: 'start an upload for many machines and print its ID',
    detail:
      'No local state is kept. --shard sends its parts from any machine, and "complete --upload-id" completes it on any machine.',
    rare: true,
    operands: [1, 1],
    notWith: [notInShards, '--shard', '--upload-id'],
    overrides: ['--shard', '--upload-id'],
  },
  {
    ...uploadIdOption,
    help: 'with --shard: the upload that --begin started',
    rare: true,
    onlyWith: [
      {
        with: '--shard',
        hint: hint`to send all that is missing and complete the upload: ${step('resume', '--vault', 'VAULT', '--upload-id', 'ID', 'FILE')}`,
      },
    ],
  },
  {
    flags: '--shard <i/n>',
    rare: true,
    help: 'send the parts whose number mod n is i; or auto',
    detail: `Parts count from 0, and a shard has those whose number leaves the remainder i when divided by n: i counts from 0 to n-1; where a scheduler counts from 1, n/n is the same as 0/n. The upload is not completed. ${autoShardText}`,
    parse: parseShard,
    operands: [1, 1],
    notWith: [notInShards],
    onlyWith: [
      {
        with: '--upload-id',
        hint: hint`${step('upload', 'FILE', '--vault', 'VAULT', '--begin')} begins an upload and prints its ID`,
      },
    ],
    overrides: ['--begin'],
  },
] as const satisfies readonly OptionSpec[];

/** For `upload -`. */
export const pipeOptions = [
  {
    flags: '--name <name>',
    onlyWith: ofStream,
    help: 'with -: name of the archive',
    detail: 'An unfinished upload is found by this name, and it is the default description.',
    parse: parseName,
  },
  {
    flags: '--exec <command>',
    onlyWith: ofStream,
    help: 'with -: upload the output of this command',
    detail:
      'It must exit 0, or no archive is created. Bash runs it, with the standard input and the terminal of glacier-up. If any stage of a pipeline fails, the command fails.',
    parse: parseName,
  },
  {
    rare: true,
    flags: '--eof-completes',
    notWith: [
      {
        with: '--exec',
        hint: 'with --exec, the exit code of the command tells whether the archive is whole',
      },
    ],
    onlyWith: ofStream,
    help: 'with -: take the end of the pipe as success',
    detail:
      'Use it only if the writer cannot fail half-way: a pipe ends in the same way when its writer fails.',
  },
  {
    flags: '--expected-size <size>',
    onlyWith: ofStream,
    help: 'with -: expected size, to choose the part size',
    detail:
      'Without it, parts have 64 MiB, and the archive can have 625 GiB. An upload has at most 10,000 parts.',
    parse: parseExpectedSize,
    rare: true,
  },
  {
    flags: '--spool-dir <dir>',
    onlyWith: ofStream,
    help: 'with -: folder for parts until they are stored',
    detail:
      'The folder must exist, with room for one part more than are sent at a time. When it is full, reading waits.',
    parse: parseName,
    defaultText: 'a folder beside the sessions',
    rare: true,
  },
] as const satisfies readonly OptionSpec[];
