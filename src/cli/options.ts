/** Options that several commands share, in the groups of the design: where to, how, everywhere. */
import { changeActions } from '../transfer/on-change.js';
import type { OptionSpec } from './command.js';
import {
  parseAccountId,
  parseConcurrency,
  parseDescription,
  parseDuration,
  parseEndpointUrl,
  parseExclusion,
  parseExpectedSize,
  parseName,
  parsePartSize,
  parseRate,
  parseTimeout,
  parseUploadId,
  parseVaultName,
  partSizeValues,
} from './option-values.js';
import { autoShardText, parseShard } from './shard-option.js';
import { threadsOption } from './threads-option.js';

export const whereOptions: OptionSpec[] = [
  { group: 'Where to', flags: '--vault <name>', help: 'name of the vault', parse: parseVaultName },
  {
    group: 'Where to',
    flags: '--local <dir>',
    help: 'use the embedded vault in this folder (no account)',
    detail:
      'Needs no credentials and no region. "upload" and "vaults create" create the vault and the folder if they do not exist; every other command exits 8 and creates nothing. A folder that was deleted and recreated is a new vault: files that were archived in the old one are uploaded again.',
    parse: parseName,
  },
  {
    group: 'Where to',
    flags: '--region <name>',
    help: 'AWS region',
    detail: 'Default: AWS_REGION, then AWS_DEFAULT_REGION, then the profile.',
    parse: parseName,
  },
  {
    group: 'Where to',
    flags: '--profile <name>',
    help: 'profile of the AWS configuration',
    detail:
      'Its credentials count before those of the environment. Default: AWS_PROFILE, AWS_DEFAULT_PROFILE, then "default", for which AWS_ACCESS_KEY_ID counts first, as with the AWS CLI.',
    parse: parseName,
  },
  {
    group: 'Where to',
    rare: true,
    flags: '--account-id <id>',
    help: 'account that owns the vault',
    parse: parseAccountId,
    defaultText: '-, the account of the credentials',
  },
  {
    group: 'Where to',
    flags: '--endpoint-url <url>',
    help: 'use another Glacier endpoint',
    detail:
      'Must be https, or http to this machine. Default: AWS_ENDPOINT_URL_GLACIER, then AWS_ENDPOINT_URL, then the profile, then Amazon.',
    parse: parseEndpointUrl,
  },
];

export const uploadIdOption: OptionSpec = {
  flags: '--upload-id <id>',
  help: 'an upload started elsewhere (with --vault)',
  detail:
    'Needs --vault. The upload may have been started on another machine or by another tool. An ID may start with a hyphen.',
  parse: parseUploadId,
};

/** For commands that read an inventory. */
export const maxAgeOption: OptionSpec = {
  flags: '--max-age <duration>',
  help: 'refuse an inventory that is older, for example 2d',
  detail:
    'The age of an inventory job counts from the time it was done, that of the inventory kept here from the time it was asked for, that of a file from the time it names. An inventory of a vault that does not change keeps its date: it is not older for that.',
  parse: parseDuration,
};

/** For every command that sends requests. */
export const networkOptions: OptionSpec[] = [
  {
    group: 'How',
    flags: '--retry-for <duration>',
    help: 'stop after this time without progress',
    detail:
      '0 disables retries. Waiting between tries counts, and time without any data. Time in which data moves does not count. A stored part resets the time. It counts for the whole run, not for each file: once it is used up, nothing is tried twice until another part is stored, and a file for which the service does not answer at all ends the run.',
    parse: parseDuration,
    defaultText: '15m',
  },
  {
    group: 'How',
    rare: true,
    flags: '--connect-timeout <duration>',
    help: 'limit for opening a connection',
    detail: 'Counts until the first of the addresses of the host answers, through the proxy if there is one.',
    parse: parseTimeout,
    defaultText: '10s',
  },
  {
    group: 'How',
    rare: true,
    flags: '--read-timeout <duration>',
    help: 'limit for a request without any data',
    parse: parseTimeout,
    defaultText: '60s',
  },
];

/** For every command that holds a session. */
export const waitLockOption: OptionSpec = {
  group: 'How',
  rare: true,
  flags: '--wait-lock <duration>',
  help: 'wait for another process to release the upload or the --local folder',
  parse: parseDuration,
  defaultText: '0',
};

export const forceOption: OptionSpec = {
  rare: true,
  flags: '--force',
  help: 'drop an upload although its outcome is unknown',
  detail:
    'The session may be the only record of an archive that is in the vault and costs money. Check the inventory of the vault first.',
};

export const verifyOption: OptionSpec = {
  group: 'How',
  rare: true,
  flags: '--verify',
  help: 'ignore cached hashes and read the file again',
  detail: 'Without it, a file with unchanged size, times and inode is not hashed a second time.',
};

/** For `upload` and `resume`. */
export const sendOptions: OptionSpec[] = [
  {
    group: 'How',
    flags: '--concurrency <n>',
    help: 'number of parts to send at a time',
    detail:
      'The number counts full parts: parts of the part size, or of 16 MiB if the part size is larger. A smaller part counts by its bytes, but at least as one eighth of a full part. So with the default, "upload" sends up to 32 small files at the same time, with one request each, and never more than 128. If the service throttles, fewer are sent.',
    parse: parseConcurrency,
    defaultText: '4',
  },
  {
    group: 'How',
    flags: '--limit-rate <size>',
    help: 'bytes per second over all parts, for example 2M',
    detail:
      'Glacier refuses a part that takes longer than about 5 minutes. So with a low limit fewer parts are sent at a time, and a new upload has smaller parts unless --part-size is given.',
    parse: parseRate,
  },
  verifyOption,
  threadsOption,
  {
    group: 'How',
    rare: true,
    flags: '--replace-parts',
    help: 'resend differing parts of an upload started elsewhere',
    detail:
      'Without it, nothing is sent if a stored part differs from the file: most likely it is the wrong file.',
  },
];

/** For `upload` and `resume`. */
export const onChangeOption: OptionSpec = {
  flags: '--on-change <action>',
  help: 'if the file changed: fail, start-over',
  detail:
    'start-over: if the file, or the output of --exec, differs from what its unfinished upload stored, drop that upload as --start-over does and start a new one in the same run. A plain pipe cannot be read twice: the upload is dropped, the exit code is 3, and the next run starts a new one. A file that changes while it is being sent is tried again after 10 seconds, 1 minute and 5 minutes, and parts that are still the same are kept; the fourth change ends with 3. An upload that --upload-id names, or that was started elsewhere, is never dropped. Without the permission to abort, the service drops the old upload within about a day.',
  iamActions: ['glacier:AbortMultipartUpload'],
  values: changeActions,
  defaultText: 'fail',
};

export const uploadOptions: OptionSpec[] = [
  {
    flags: '-n, --dry-run',
    help: 'show the plan and send nothing',
    detail:
      'Shows part size, number of parts and requests, which parts are stored already, and an estimate of the cost. For an unfinished upload it sends ListParts, otherwise nothing.',
  },
  {
    flags: '--description <text>',
    help: 'use {path}, {name}, {mtime}, {host}',
    detail:
      'At most 1,024 printable characters, and no space at either end. It cannot be changed later. {path} is the file as it was named, without a leading "/" or "./", with ".." resolved; {name} its last part; {mtime} its modification time, as 2026-11-24T02:18:59Z; {host} the name of this machine. {{path}} stands for the text {path}; all other braces are text. With several files one of the first three must be in it. A path or name with other than printable ASCII becomes {"Path":"..."} with JSON escapes when it is alone, and gets JSON escapes within other text. An upload under way keeps the description that it began with.',
    parse: parseDescription,
    defaultText: '{path}',
  },
  {
    flags: '--part-size <size>',
    help: 'a power of two, 1M to 4G',
    detail:
      'The default is the smallest from 16M on that needs at most 2,000 parts, and smaller if --limit-rate is too low for it. An upload has at most 10,000 parts. One under way keeps its part size.',
    parse: parsePartSize,
    values: partSizeValues,
    defaultText: 'by file size',
  },
  {
    rare: true,
    flags: '--again',
    help: 'upload once more although there is a receipt',
    detail: 'The vault then has the file twice, under two archive IDs, and both cost money.',
  },
  {
    rare: true,
    flags: '--start-over',
    help: 'drop the unfinished upload and start a new one',
    detail:
      'The stored parts are lost. Use it if you changed the file on purpose before its upload was finished.',
    iamActions: ['glacier:AbortMultipartUpload'],
  },
  onChangeOption,
];

/** For an upload of many files. */
export const listOptions: OptionSpec[] = [
  {
    flags: '-r, --recursive',
    help: 'archive every file below the folders named',
    detail:
      'Each regular file becomes an archive of its own, in the order of the names. Symbolic links below the folder are not followed. An empty file is skipped, which a note says and the summary counts.',
  },
  {
    flags: '--files-from <file>',
    help: 'archive the files in a list; - for standard input',
    detail:
      'One name a line; empty lines count for nothing. The list is read as it is needed. Files named on the command line come first.',
    parse: parseName,
  },
  {
    flags: '-0, --null',
    rare: true,
    help: 'with --files-from: names end with NUL, as from find -print0',
  },
  {
    flags: '--exclude <glob>',
    rare: true,
    repeatable: true,
    help: 'with --recursive: leave out what matches',
    detail:
      'May be given several times. A pattern without a slash is compared with the last part of each path, one with a slash with all of it below the folder named. * and ? stand for anything but a slash, ** for any folders, [a-z] for one character; a backslash takes the meaning from the next character. With a slash at the end it matches folders only. Of a folder that matches, nothing is archived.',
    parse: parseExclusion,
  },
  {
    flags: '--one-file-system',
    rare: true,
    help: 'with --recursive: stay on the file system of the folder named',
  },
];

/** For an upload whose parts many machines send. */
export const shardOptions: OptionSpec[] = [
  {
    flags: '--begin',
    help: 'start an upload for many machines and print its ID',
    detail:
      'No local state is kept. --shard sends its parts from any machine, and "complete --upload-id" completes it on any machine.',
    rare: true,
  },
  {
    ...uploadIdOption,
    help: 'with --shard: the upload that --begin started',
    rare: true,
  },
  {
    flags: '--shard <i/n>',
    rare: true,
    help: 'send the parts whose number mod n is i; or auto',
    detail: `Parts count from 0, and a shard has those whose number leaves the remainder i when divided by n: i counts from 0 to n-1; where a scheduler counts from 1, n/n is the same as 0/n. The upload is not completed. ${autoShardText}`,
    parse: parseShard,
  },
];

/** For `upload -`. */
export const pipeOptions: OptionSpec[] = [
  {
    flags: '--name <name>',
    help: 'with -: name of the archive',
    detail: 'An unfinished upload is found by this name, and it is the default description.',
    parse: parseName,
  },
  {
    flags: '--exec <command>',
    help: 'with -: upload the output of this command',
    detail:
      'It must exit 0, or no archive is created. Bash runs it, with the standard input and the terminal of glacier-up. If any stage of a pipeline fails, the command fails.',
    parse: parseName,
  },
  {
    rare: true,
    flags: '--eof-completes',
    help: 'with -: take the end of the pipe as success',
    detail:
      'Use it only if the writer cannot fail half-way: a pipe ends in the same way when its writer fails.',
  },
  {
    flags: '--expected-size <size>',
    help: 'with -: expected size, to choose the part size',
    detail:
      'Without it, parts have 64 MiB, and the archive can have 625 GiB. An upload has at most 10,000 parts.',
    parse: parseExpectedSize,
    rare: true,
  },
  {
    flags: '--spool-dir <dir>',
    help: 'with -: folder for parts until they are stored',
    detail:
      'The folder must exist, with room for one part more than are sent at a time. When it is full, reading waits.',
    parse: parseName,
    defaultText: 'a folder beside the sessions',
    rare: true,
  },
];
