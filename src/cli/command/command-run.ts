/** One command while it runs: its options, where its results go, and how it will end. */

import type { RunPatience } from '../../glacier/retry/patience.js';
import type { Context } from '../context.js';
import type { VaultSelector } from '../open/vault-selector.js';
import type { generalOptions } from '../options/general-options.js';
import type { Reporter } from '../output/reporter.js';
import type { CommandDescription, CommandHeading, CommandSpec, OptionSpec } from './command.js';
import type { ValuesOf } from './option-types.js';

/** @typeParam Specs the options that the command declares, beside those of every command */
export interface CommandRun<Specs extends readonly OptionSpec[] = readonly []> {
  /** The whole command tree. */
  loadCommands(): Promise<readonly CommandSpec[]>;
  readonly context: Context;
  readonly options: ValuesOf<readonly [...Specs, ...typeof generalOptions]>;
  /** Those that stood on the command line itself, by their names in `options`. */
  readonly givenOptions: ReadonlySet<string>;
  /** Aborted by a signal to the process. */
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** How much of `--retry-for` is left. */
  readonly patience: RunPatience;
  /**
   * Notes a failure that does not end the command. `exitCodeOf` says which one's exit code becomes the command's.
   * @param at where the operand is, for the commands that the hint names
   */
  fail(error: unknown, file?: string, at?: VaultSelector): void;
  /** The same for a failure that the command has told by itself. */
  endWith(exitCode: number): void;
}

/** What is loaded when the command is named. */
export interface CommandBody<Specs extends readonly OptionSpec[] = readonly []> extends CommandDescription {
  options: Specs;
  run(command: CommandRun<Specs>, operands: string[]): Promise<void>;
}

/** Of any command: which options it runs with, only its declaration says. */
export interface AnyCommandBody extends CommandDescription {
  run(command: never, operands: string[]): Promise<void>;
}

export type RunnableCommand = CommandHeading & AnyCommandBody;
