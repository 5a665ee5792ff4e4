/** What checking found: a line for each file, and the sum of it at the end. */
import { counted } from '../../../counted.js';
import { errnoOf, GlacierUpError } from '../../../errors.js';
import { visibleLine } from '../../output/visible.js';
import type { FileName } from './hash-named.js';
import { reasonOf } from './reasons.js';
import type { SumRun } from './sum-run.js';

/** Counts and prints what a check found of each file, and decides the exit status at the end. */
export class Verdicts {
  readonly #sums: SumRun;
  /** What the files were checked against, for messages. */
  readonly #against: string;
  matched = 0;
  mismatched = 0;
  unreadable = 0;

  constructor(sums: SumRun, against: string) {
    this.#sums = sums;
    this.#against = against;
  }

  /**
   * Checks one file and tells how it went.
   * @param check finds whether the file is as it should be, and further fields for `--json`
   */
  async of(name: FileName, check: () => Promise<{ ok: boolean; [field: string]: unknown }>): Promise<void> {
    const { command, output } = this.#sums;
    let found: { ok: boolean; [field: string]: unknown };
    try {
      found = await check();
    } catch (error) {
      command.signal.throwIfAborted();
      if (error instanceof GlacierUpError && error.code === 'internal') throw error;
      if (command.options.ignoreMissing && errnoOf(error) === 'ENOENT') return;
      this.unreadable += 1;
      const reason = reasonOf(error);
      output.warn(`${visibleLine(name.toString())}: ${reason}`);
      this.#tell(name, 'FAILED open or read', { ok: false, reason });
      return;
    }
    if (found.ok) this.matched += 1;
    else this.mismatched += 1;
    this.#tell(name, found.ok ? 'OK' : 'FAILED', found);
  }

  #tell(name: FileName, outcome: string, fields: { ok: boolean; [field: string]: unknown }): void {
    const { command, output } = this.#sums;
    const { quiet, status } = command.options;
    if (status || (quiet && fields.ok)) return;
    if (output.isJson) output.json({ type: 'check', file: name.toString(), outcome, ...fields });
    else output.verdict(name, outcome);
  }

  /**
   * Prints the warnings and sets the exit code.
   * @param faults what else is wrong, told first
   * @param isBad whether those faults alone are a failure
   * @param hint what to do, told last
   */
  close({ faults = [], isBad = false, hint }: { faults?: string[]; isBad?: boolean; hint?: string }): void {
    const { command, output } = this.#sums;
    const all = [...faults];
    if (this.unreadable > 0) {
      all.push(`${counted(this.unreadable, 'listed file', 'listed files')} could not be read`);
    }
    if (this.mismatched > 0) {
      all.push(`${counted(this.mismatched, 'computed checksum', 'computed checksums')} did NOT match`);
    }
    const nothingVerified = this.matched === 0 && command.options.ignoreMissing === true;
    const failed = isBad || this.unreadable > 0 || this.mismatched > 0 || nothingVerified;
    const { status } = command.options;
    if (!status) {
      for (const fault of all) output.warn(`WARNING: ${fault}`);
      if (nothingVerified) output.warn(`${this.#against}: no file was verified`);
      if (hint !== undefined && failed) output.hint(hint);
    }
    if (!failed) return;
    if (!output.isJson || status) {
      command.endWith(1);
      return;
    }
    const message = [...all, ...(nothingVerified ? ['no file was verified'] : [])].join('; ');
    command.fail(new GlacierUpError('mismatch', message, hint === undefined ? {} : { hint }), this.#against);
  }
}
