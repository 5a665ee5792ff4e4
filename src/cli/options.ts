/** Options that several commands share, in the groups of the design: where to, how, everywhere. */
import type { OptionSpec } from './command.js';
import {
  parseAccountId,
  parseConcurrency,
  parseDescription,
  parseDuration,
  parseEndpointUrl,
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
  { group: 'Where to', flags: '--vault <name>', help: 'the vault', parse: parseVaultName },
  {
    group: 'Where to',
    flags: '--local <dir>',
    help: 'the embedded vault in this folder: no account needed',
    detail:
      'Neither credentials nor a region are needed, and the vault is made if it is missing. A folder deleted and made anew is another place: what was archived into the old one is not taken for archived.',
    parse: parseName,
  },
  {
    group: 'Where to',
    flags: '--region <name>',
    help: 'the AWS region',
    detail: 'Default: AWS_REGION, then AWS_DEFAULT_REGION, then the profile.',
    parse: parseName,
  },
  {
    group: 'Where to',
    flags: '--profile <name>',
    help: 'the profile of the AWS configuration',
    detail:
      'Its credentials count before those of the environment. Default: AWS_PROFILE, AWS_DEFAULT_PROFILE, then "default", for which AWS_ACCESS_KEY_ID counts first, as with the AWS CLI.',
    parse: parseName,
  },
  {
    group: 'Where to',
    rare: true,
    flags: '--account-id <id>',
    help: 'the account that owns the vault',
    parse: parseAccountId,
    defaultText: '-, that of the credentials',
  },
  {
    group: 'Where to',
    flags: '--endpoint-url <url>',
    help: 'another Glacier endpoint',
    detail:
      'Only https, and http to this machine itself. Default: AWS_ENDPOINT_URL_GLACIER, then AWS_ENDPOINT_URL, then the profile, then Amazon.',
    parse: parseEndpointUrl,
  },
];

export const uploadIdOption: OptionSpec = {
  flags: '--upload-id <id>',
  help: 'an upload begun on another machine or by another tool',
  detail: 'It goes with --vault. An ID may begin with a hyphen.',
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
    help: 'give up after so long without progress',
    detail:
      '0 never tries again. It counts waiting between tries, and silence. Time in which bytes move does not count; a part that is confirmed sets the count back. It counts for the run, not for each file: once it is spent, nothing is tried twice until a part is confirmed again, and a file for which the service gives no answer at all ends the run.',
    parse: parseDuration,
    defaultText: '15m',
  },
  {
    group: 'How',
    rare: true,
    flags: '--connect-timeout <duration>',
    help: 'how long opening a connection may take',
    detail: 'To the first of its addresses that answers, and through the proxy, if there is one.',
    parse: parseTimeout,
    defaultText: '10s',
  },
  {
    group: 'How',
    rare: true,
    flags: '--read-timeout <duration>',
    help: 'how long a request may be silent',
    parse: parseTimeout,
    defaultText: '60s',
  },
];

/** For every command that holds a session. */
export const waitLockOption: OptionSpec = {
  group: 'How',
  rare: true,
  flags: '--wait-lock <duration>',
  help: 'how long to wait for another process that holds the upload or the --local folder',
  parse: parseDuration,
  defaultText: '0',
};

export const forceOption: OptionSpec = {
  rare: true,
  flags: '--force',
  help: 'give up an upload even though its completion is unknown',
  detail:
    'The session may be the only trace of an archive that is in the vault and paid for. Look in the inventory of the vault first.',
};

export const verifyOption: OptionSpec = {
  group: 'How',
  rare: true,
  flags: '--verify',
  help: 'read and hash the file again, whatever was noted',
  detail:
    'Hashes of a file that is unchanged, as far as its size, times and inode tell, are not computed twice.',
};

/** For `upload` and `resume`. */
export const sendOptions: OptionSpec[] = [
  {
    group: 'How',
    flags: '--concurrency <n>',
    help: 'parts sent at a time',
    parse: parseConcurrency,
    defaultText: '4',
  },
  {
    group: 'How',
    flags: '--limit-rate <size>',
    help: 'bytes a second over all parts, for example 2M',
    detail:
      'A part that takes longer than about 5 minutes is refused by Glacier. So under a low limit fewer parts are sent at a time, and a new upload has smaller ones unless --part-size is given.',
    parse: parseRate,
  },
  verifyOption,
  threadsOption,
  {
    group: 'How',
    rare: true,
    flags: '--replace-parts',
    help: 'of an upload begun elsewhere, send parts again that differ from the file',
    detail:
      'Without it nothing is sent to such an upload when a part there differs: most likely it is the wrong file.',
  },
];

export const uploadOptions: OptionSpec[] = [
  {
    flags: '-n, --dry-run',
    help: 'show the plan and send nothing',
    detail:
      'Part size, number of parts and requests, what is there already, and what it costs, an estimate. Nothing is sent but ListParts for an upload under way.',
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
    flags: '--again',
    help: 'archive once more although there is a receipt',
    detail: 'The vault then holds the file twice, under two archive IDs, and both are paid for.',
  },
  {
    flags: '--start-over',
    help: 'drop the unfinished upload and begin anew',
    detail:
      'What it had stored is lost. For a file that was changed on purpose while its upload was unfinished.',
    iamActions: ['glacier:AbortMultipartUpload'],
  },
];

/** For an upload whose parts many machines send. */
export const shardOptions: OptionSpec[] = [
  {
    flags: '--begin',
    help: 'begin an upload for many machines, print its ID',
    detail:
      'Nothing of it is kept on this machine: --shard sends its parts from any, and "complete --upload-id" ends it on any.',
    rare: true,
  },
  {
    ...uploadIdOption,
    help: 'with --shard: the upload that --begin began',
    rare: true,
  },
  {
    flags: '--shard <i/n>',
    rare: true,
    help: 'send every n-th part from part i on, i from 0; or auto',
    detail: `Parts count from 0, and a shard has those whose number leaves the remainder i when divided by n: i counts from 0 to n-1; where a scheduler counts from 1, n/n is the same as 0/n. The upload is not completed. ${autoShardText}`,
    parse: parseShard,
  },
];

/** For `upload -`. */
export const pipeOptions: OptionSpec[] = [
  {
    flags: '--name <name>',
    help: 'with -: what the archive is called',
    detail: 'Its unfinished upload is found by this name again, and it is the description if none is given.',
    parse: parseName,
  },
  {
    flags: '--exec <command>',
    help: 'with -: archive what this command prints if it exits 0',
    detail:
      'Bash runs it, with the standard input and the terminal of glacier-up. If any stage of a pipeline fails, the command fails.',
    parse: parseName,
  },
  {
    flags: '--eof-completes',
    help: 'with -: the end of the pipe is the end of the archive',
    detail: 'For writers that cannot die half-way: a pipe ends in the same way when its writer fails.',
  },
  {
    flags: '--expected-size <size>',
    help: 'with -: about how much will come, to choose the part size',
    detail:
      'Without it, parts have 64 MiB, and 625 GiB is the most that can come. An upload has at most 10,000 parts.',
    parse: parseExpectedSize,
    rare: true,
  },
  {
    flags: '--spool-dir <dir>',
    help: 'with -: where parts are kept until they are stored',
    detail:
      'It must be there. It needs room for one part more than are sent at a time; when it is full, reading waits.',
    parse: parseName,
    defaultText: 'a folder beside the sessions',
    rare: true,
  },
];
