import { GlacierUpError } from '../../../errors.js';
import { type CommandRun, forEachOperand } from '../../command-run.js';
import { openState, withSurroundings } from '../../open-surroundings.js';
import { archiveOne, requestOptions } from '../archive-each.js';
import { printPlan } from '../dry-run.js';

export async function run(command: CommandRun, files: string[]): Promise<void> {
  const { options } = command;
  if (files.length > 1 && options.description !== undefined) {
    throw new GlacierUpError('usage', '--description goes with one file', {
      hint: 'upload the files one by one',
    });
  }
  if (files.includes('-')) {
    throw new GlacierUpError('usage', 'standard input cannot be archived: it cannot be read twice', {
      hint: 'write it to a file first; for a file of this name, write ./-',
    });
  }
  const state = await openState(command);
  await withSurroundings(command, state, options, (surroundings) =>
    forEachOperand(command, files, async (file) => {
      if (options.dryRun) return printPlan(command, surroundings, file);
      const request = { ...requestOptions(command), file, mode: 'upload' as const };
      await archiveOne(command, surroundings, request, files.length > 1);
    }),
  );
}
