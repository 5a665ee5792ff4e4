import type { NextStep } from '../../hint.js';

/** A failure that ended a command, with the command's name. */
export class CommandFailure extends Error {
  readonly command: string;

  /** How a command that the hint names is typed; undefined where the command line was not understood. */
  readonly typed: ((step: NextStep) => string) | undefined;

  constructor(command: string, cause: unknown, typed?: (step: NextStep) => string) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.command = command;
    this.typed = typed;
  }
}
