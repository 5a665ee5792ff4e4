/** The command tree as the tests walk it. */
import { type CommandSpec, type OptionSpec, parserOf } from '../../src/cli/command/command.js';
import { loadCommands } from '../../src/cli/commands/index.js';
import { generalOptions } from '../../src/cli/options/general-options.js';

export const commandSpecs: CommandSpec[] = await loadCommands();

export function optionsOf(spec: CommandSpec): OptionSpec[] {
  return [...spec.options, ...generalOptions];
}

const candidates = [
  '64M',
  '30s',
  '4',
  'photos',
  '111122223333',
  'https://example.org',
  'ab'.repeat(32),
  '0-1048575',
  '3/8',
  '2026-01-31',
];

/** A value that the option takes. */
export function sampleValue(option: OptionSpec): string {
  const parse = parserOf(option);
  const found = [...(option.values ?? []), ...candidates].find((text) => {
    try {
      parse?.(text);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no sample for ${option.flags}: add one to the candidates`);
  return found;
}
