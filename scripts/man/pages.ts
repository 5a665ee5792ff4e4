/** Every man page from the command tree; the same tree gives the same bytes. */
import { loadCommands } from '../../src/cli/commands/index.js';
import { commandPage } from './command-page.js';
import { programPage } from './program-page.js';

/** The pages' date: changed by hand with a release, so that building them again changes nothing. */
const date = '2026-11-25';

/** @returns file name → text */
export async function manPages(version: string): Promise<Map<string, string>> {
  const specs = await loadCommands();
  const commands = new Set(specs.map(({ name }) => name));
  return new Map([
    ['glacier-up.1', programPage(specs, { version, date })],
    ...specs.map((spec): [string, string] => [
      `glacier-up-${spec.name}.1`,
      commandPage(spec, { version, date, commands }),
    ]),
  ]);
}
