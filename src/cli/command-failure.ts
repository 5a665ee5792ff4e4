/** A failure that ended a command, with the command's name. */
export class CommandFailure extends Error {
  readonly command: string;

  constructor(command: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.command = command;
  }
}
