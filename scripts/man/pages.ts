/** Every man page from the command tree; the same tree gives the same bytes. */
import { commandSpecs } from '../../src/cli/program.js';
import { commandPage } from './command-page.js';
import { programPage } from './program-page.js';

/** The pages' date: changed by hand with a release, so that building them again changes nothing. */
const date = '2026-11-25';

/** @returns file name → text */
export function manPages(version: string): Map<string, string> {
  const commands = new Set(commandSpecs.map(({ name }) => name));
  return new Map([
    ['glacier-up.1', programPage(commandSpecs, { version, date })],
    ...commandSpecs.map((spec): [string, string] => [
      `glacier-up-${spec.name}.1`,
      commandPage(spec, { version, date, commands }),
    ]),
  ]);
}
