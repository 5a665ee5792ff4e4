/** Options that several commands share, in the groups of the design: where to, how, everywhere. */
import type { OptionSpec } from './command.js';
import {
  parseAccountId,
  parseConcurrency,
  parseDescription,
  parseDuration,
  parseEndpointUrl,
  parseName,
  parsePartSize,
  parseRate,
  parseTimeout,
  parseUploadId,
  parseVaultName,
} from './option-values.js';

export const whereOptions: OptionSpec[] = [
  { flags: '--vault <name>', help: 'the vault', parse: parseVaultName },
  {
    flags: '--local <dir>',
    help: 'the embedded vault in this folder: no account, no network',
    parse: parseName,
  },
  { flags: '--region <name>', help: 'the AWS region', parse: parseName },
  { flags: '--profile <name>', help: 'the profile of the AWS configuration', parse: parseName },
  {
    flags: '--account-id <id>',
    help: 'the account that owns the vault',
    parse: parseAccountId,
    defaultText: '-, that of the credentials',
  },
  { flags: '--endpoint-url <url>', help: 'another Glacier endpoint', parse: parseEndpointUrl },
];

export const uploadIdOption: OptionSpec = {
  flags: '--upload-id <id>',
  help: 'an upload begun on another machine or by another tool',
  parse: parseUploadId,
};

/** For every command that sends requests. */
export const networkOptions: OptionSpec[] = [
  {
    flags: '--retry-for <duration>',
    help: 'give up after so long without progress; 0 never retries',
    parse: parseDuration,
    defaultText: '15m',
  },
  {
    flags: '--connect-timeout <duration>',
    help: 'to open a connection',
    parse: parseTimeout,
    defaultText: '10s',
  },
  {
    flags: '--read-timeout <duration>',
    help: 'of silence in a request',
    parse: parseTimeout,
    defaultText: '60s',
  },
];

/** For every command that holds a session. */
export const waitLockOption: OptionSpec = {
  flags: '--wait-lock <duration>',
  help: 'wait so long for another process that holds the upload',
  parse: parseDuration,
  defaultText: '0',
};

export const forceOption: OptionSpec = {
  flags: '--force',
  help: 'give up an upload even though its completion is unknown',
};

export const verifyOption: OptionSpec = {
  flags: '--verify',
  help: 'read and hash the file again, whatever was noted before',
};

/** For `upload` and `resume`. */
export const sendOptions: OptionSpec[] = [
  { flags: '--concurrency <n>', help: 'parts sent at a time', parse: parseConcurrency, defaultText: '4' },
  { flags: '--limit-rate <size>', help: 'bytes a second over all parts, for example 2M', parse: parseRate },
  verifyOption,
  {
    flags: '--replace-parts',
    help: 'of an upload begun elsewhere, send parts again that differ from the file',
  },
];

export const uploadOptions: OptionSpec[] = [
  {
    flags: '--part-size <size>',
    help: 'a power of two from 1M to 4G',
    parse: parsePartSize,
    defaultText: 'from 16M, for at most 2,000 parts',
  },
  {
    flags: '--description <text>',
    help: 'the archive description, printable ASCII',
    parse: parseDescription,
    defaultText: 'the file name',
  },
  { flags: '--again', help: 'archive once more although there is a receipt', noEnvironment: true },
  { flags: '--start-over', help: 'drop the unfinished upload and begin anew', noEnvironment: true },
  { flags: '-n, --dry-run', help: 'show the plan and send nothing', noEnvironment: true },
];

export const generalOptions: OptionSpec[] = [
  { flags: '--state-dir <dir>', help: 'keep sessions and receipts in this folder', parse: parseName },
  { flags: '--json', help: 'results as JSON Lines on stdout, errors as JSON on stderr' },
  { flags: '-q, --quiet', help: 'nothing on stderr but errors' },
  { flags: '-v, --verbose', help: 'each part and each retry' },
  { flags: '--debug', help: 'also request IDs, times and stacks' },
  { flags: '--no-progress', help: 'no progress' },
  { flags: '--no-color', help: 'no colour' },
  { flags: '--no-input', help: 'never ask' },
];
