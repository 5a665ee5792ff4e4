/** Where `treehash` prints: to the last byte, or it fails. */
import { GlacierUpError } from '../../../errors.js';
import { escapedName } from '../../../treehash/sum-lines.js';
import { visible } from '../../output/visible.js';
import type { FileName } from './hash-named.js';
import type { TreehashRun } from './options.js';
import { reasonOf } from './reasons.js';

/** Prints tree hashes, in the form of `sha256sum` or as JSON lines. */
export class SumOutput {
  readonly #command: TreehashRun;

  constructor(command: TreehashRun) {
    this.#command = command;
  }

  get isJson(): boolean {
    return this.#command.reporter.isJson;
  }

  /**
   * Writes text that has its line end. To a terminal control characters are made visible; elsewhere every byte stays,
   * since another program may look for the file of that name.
   * @throws GlacierUpError `failed` when it cannot be written whole
   */
  write(text: string | Buffer): void {
    const { stdout } = this.#command.context;
    stdout.write(stdout.isTTY ? visible(text.toString()) : text);
    this.#assertWritten();
  }

  /** `NAME: OK` and the like, with a name of several lines escaped as in a sum line. */
  verdict(fileName: FileName, outcome: string): void {
    // Latin-1 takes each byte for a character, and back.
    const encoding = typeof fileName === 'string' ? 'utf8' : 'latin1';
    const plain = fileName.toString(encoding);
    // As sha256sum has it: only a newline would make two lines of one.
    const { mark, name } = plain.includes('\n') ? escapedName(plain) : { mark: '', name: plain };
    this.write(Buffer.from(`${mark}${name}: ${outcome}\n`, encoding));
  }

  json(result: { type: string; [field: string]: unknown }): void {
    this.#command.reporter.json(result);
    this.#assertWritten();
  }

  /** On stderr also with `--quiet`, as sum tools do; nothing with `--json`, where one error object tells it. */
  warn(message: string): void {
    if (!this.isJson) this.#command.context.stderr.write(`glacier-up: ${visible(message)}\n`);
  }

  hint(message: string): void {
    if (!this.isJson) this.#command.context.stderr.write(`hint: ${visible(message)}\n`);
  }

  #assertWritten(): void {
    const { fault } = this.#command.context.stdout;
    if (fault === undefined) return;
    throw new GlacierUpError('failed', `write error: ${reasonOf(fault)}`, { cause: fault });
  }
}
