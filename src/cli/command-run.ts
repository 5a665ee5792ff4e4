/** One command while it runs: its options, where its results go, and how it will end. */
import type { RunPatience } from '../glacier/patience.js';
import type { CommandSpec } from './command.js';
import type { Context } from './context.js';
import type { Reporter } from './output/reporter.js';
import type { ShardOption } from './shard-option.js';

export interface OptionValues {
  vault?: string;
  local?: string;
  region?: string;
  profile?: string;
  accountId?: string;
  endpointUrl?: string;
  uploadId?: string;
  retryFor?: number;
  connectTimeout?: number;
  readTimeout?: number;
  waitLock?: number;
  concurrency?: number;
  threads?: number;
  limitRate?: number;
  verify?: boolean;
  replaceParts?: boolean;
  partSize?: number;
  description?: string;
  again?: boolean;
  startOver?: boolean;
  dryRun?: boolean;
  begin?: boolean;
  shard?: ShardOption;
  name?: string;
  exec?: string;
  eofCompletes?: boolean;
  expectedSize?: number;
  spoolDir?: string;
  force?: boolean;
  yes?: boolean;
  all?: boolean;
  stateDir?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  debug?: boolean;
  progress?: boolean;
  color?: boolean;
  input?: boolean;
  /** Options of one command alone are read by it. */
  [name: string]: unknown;
}

export interface CommandRun {
  /** The whole command tree. */
  loadCommands(): Promise<readonly CommandSpec[]>;
  readonly context: Context;
  readonly options: OptionValues;
  /** Those that stood on the command line itself, by their names in `options`. */
  readonly givenOptions: ReadonlySet<string>;
  /** Aborted by a signal to the process. */
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** How much of `--retry-for` is left. */
  readonly patience: RunPatience;
  /** Notes a failure that does not end the command. `exitCodeOf` says which one's exit code becomes the command's. */
  fail(error: unknown, file?: string): void;
  /** The same for a failure that the command has told by itself. */
  endWith(exitCode: number): void;
}
