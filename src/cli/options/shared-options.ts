/** Options that several commands share, in the groups of the design: where to, how, everywhere. */
import { changeActions } from '../../transfer/on-change.js';
import type { OptionSpec } from '../command/command.js';
import type { CommandRun } from '../command/command-run.js';
import {
  parseAccountId,
  parseConcurrency,
  parseDuration,
  parseEndpointUrl,
  parseName,
  parseRate,
  parseTimeout,
  parseUploadId,
  parseVaultName,
} from './option-values.js';
import { threadsOption } from './threads-option.js';

/** The embedded vault has neither account nor region. */
const notLocal = [{ with: '--local', hint: 'the embedded vault is in a folder' }] as const;

/** Where vaults are. */
export const placeOptions = [
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
    notWith: notLocal,
  },
  {
    group: 'Where to',
    flags: '--profile <name>',
    help: 'profile of the AWS configuration',
    detail:
      'Its credentials count before those of the environment. Default: AWS_PROFILE, AWS_DEFAULT_PROFILE, then "default", for which AWS_ACCESS_KEY_ID counts first, as with the AWS CLI.',
    parse: parseName,
    notWith: notLocal,
  },
  {
    group: 'Where to',
    rare: true,
    flags: '--account-id <id>',
    help: 'account that owns the vault',
    parse: parseAccountId,
    defaultText: '-, the account of the credentials',
    notWith: notLocal,
  },
  {
    group: 'Where to',
    flags: '--endpoint-url <url>',
    help: 'use another Glacier endpoint',
    detail:
      'Must be https, or http to this machine. Default: AWS_ENDPOINT_URL_GLACIER, then AWS_ENDPOINT_URL, then the profile, then Amazon.',
    parse: parseEndpointUrl,
    notWith: notLocal,
  },
] as const satisfies readonly OptionSpec[];

/** Which vault. */
export const whereOptions = [
  { group: 'Where to', flags: '--vault <name>', help: 'name of the vault', parse: parseVaultName },
  ...placeOptions,
] as const satisfies readonly OptionSpec[];

/** A command that names a vault. */
export type WhereRun = CommandRun<typeof whereOptions>;

export const uploadIdOption = {
  flags: '--upload-id <id>',
  help: 'an upload started elsewhere (with --vault)',
  detail:
    'Needs --vault. The upload may have been started on another machine or by another tool. An ID may start with a hyphen.',
  parse: parseUploadId,
} as const satisfies OptionSpec;

/** For commands that read an inventory. */
export const maxAgeOption = {
  flags: '--max-age <duration>',
  help: 'refuse an inventory that is older, for example 2d',
  detail:
    'The age of an inventory job counts from the time it was done, that of the inventory kept here from the time it was asked for, that of a file from the time it names. An inventory of a vault that does not change keeps its date: it is not older for that.',
  parse: parseDuration,
} as const satisfies OptionSpec;

/** For every command that sends requests. */
export const networkOptions = [
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
] as const satisfies readonly OptionSpec[];

/** For every command that holds a session. */
export const waitLockOption = {
  group: 'How',
  rare: true,
  flags: '--wait-lock <duration>',
  help: 'wait for another process to release the upload or the --local folder',
  parse: parseDuration,
  defaultText: '0',
} as const satisfies OptionSpec;

export const forceOption = {
  rare: true,
  flags: '--force',
  help: 'drop an upload although its outcome is unknown',
  detail:
    'The session may be the only record of an archive that is in the vault and costs money. Check the inventory of the vault first.',
} as const satisfies OptionSpec;

export const verifyOption = {
  group: 'How',
  rare: true,
  flags: '--verify',
  help: 'ignore cached hashes and read the file again',
  detail: 'Without it, a file with unchanged size, times and inode is not hashed a second time.',
} as const satisfies OptionSpec;

export const concurrencyOption = {
  group: 'How',
  flags: '--concurrency <n>',
  help: 'number of parts to send at a time',
  detail:
    'The number counts full parts: parts of the part size, or of 16 MiB if the part size is larger. A smaller part counts by its bytes, but at least as one eighth of a full part. So with the default, "upload" sends up to 32 small files at the same time, with one request each, and never more than 128. If the service throttles, fewer are sent.',
  parse: parseConcurrency,
  defaultText: '4',
} as const satisfies OptionSpec;

export const limitRateOption = {
  group: 'How',
  flags: '--limit-rate <size>',
  help: 'bytes per second over all parts, for example 2M',
  detail:
    'Glacier refuses a part that takes longer than about 5 minutes. So with a low limit fewer parts are sent at a time, and a new upload has smaller parts unless --part-size is given.',
  parse: parseRate,
} as const satisfies OptionSpec;

export const replacePartsOption = {
  group: 'How',
  rare: true,
  flags: '--replace-parts',
  help: 'resend differing parts of an upload started elsewhere',
  detail:
    'Without it, nothing is sent if a stored part differs from the file: most likely it is the wrong file.',
} as const satisfies OptionSpec;

/** For `upload` and `resume`. */
export const sendOptions = [
  concurrencyOption,
  limitRateOption,
  verifyOption,
  threadsOption,
  replacePartsOption,
] as const satisfies readonly OptionSpec[];

/** For `upload` and `resume`. */
export const onChangeOption = {
  flags: '--on-change <action>',
  help: 'if the file changed: fail, start-over',
  detail:
    'start-over: if the file, or the output of --exec, differs from what its unfinished upload stored, drop that upload as --start-over does and start a new one in the same run. A plain pipe cannot be read twice: the upload is dropped, the exit code is 3, and the next run starts a new one. A file that changes while it is being sent is tried again after 10 seconds, 1 minute and 5 minutes, and parts that are still the same are kept; the fourth change ends with 3. An upload that --upload-id names, or that was started elsewhere, is never dropped. Without the permission to abort, the service drops the old upload within about a day.',
  iamActions: ['glacier:AbortMultipartUpload'],
  values: changeActions,
  defaultText: 'fail',
} as const satisfies OptionSpec;
