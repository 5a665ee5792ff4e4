import { GlacierUpError } from '../../errors.js';
import type { CommandSpec } from '../command.js';
import { type CommandRun, forEachOperand } from '../command-run.js';
import { openState, type State, withSurroundings } from '../open-surroundings.js';
import { networkOptions, sendOptions, uploadIdOption, waitLockOption, whereOptions } from '../options.js';
import { resolveTarget } from '../targets.js';
import { archiveOne, requestOptions } from './archive-each.js';

export const resumeCommand: CommandSpec = {
  name: 'resume',
  summary: 'carry on unfinished uploads',
  operands: '[operand...]',
  operandHelp: 'files, or session IDs as "sessions" prints them',
  description: [
    'Carries on unfinished uploads: lists the parts that the service has, compares them with the file, sends what is missing or different, and completes. Unlike upload, it never begins an upload anew.',
    'With --vault, --upload-id and a file it carries on an upload that another machine or another tool began; part size and description come from the service. If a part there differs from the file, it is most likely the wrong file: nothing is sent.',
  ],
  options: [
    { flags: '--all', help: 'every unfinished upload known here', noEnvironment: true },
    ...whereOptions,
    uploadIdOption,
    ...sendOptions,
    ...networkOptions,
    waitLockOption,
  ],
  examples: [
    { command: 'resume backup.tar', does: 'carry on the upload of this file' },
    { command: 'resume --all', does: 'carry on everything that is unfinished' },
    { command: 'resume --vault photos --upload-id ID backup.tar', does: 'carry on what another tool began' },
  ],
  exitCodes: [3, 4, 5, 6, 7, 8, 9, 10, 11],
  seeAlso: ['upload', 'sessions', 'list-parts', 'complete'],
  run,
};

async function run(command: CommandRun, operands: string[]): Promise<void> {
  const { options } = command;
  if (options.all && (operands.length > 0 || options.uploadId !== undefined)) {
    throw new GlacierUpError('usage', '--all goes without a file, session or upload ID');
  }
  if (options.uploadId !== undefined && operands.length !== 1) {
    throw new GlacierUpError('usage', '--upload-id goes with exactly one file');
  }
  const state = await openState(command);
  const names = options.all ? everySession(command, state) : operands;
  if (names.length === 0 && !options.all) {
    throw new GlacierUpError('usage', 'no file or session is named', {
      hint: 'name one, or give --all; "glacier-up sessions" lists them',
    });
  }
  await forEachOperand(command, names, async (name) => {
    const { whereTo, file } = await resolveTarget(command, state, name);
    if (file === null) {
      throw new GlacierUpError('usage', 'this upload has no file here', {
        hint: `"glacier-up complete ${name}" asks whether it was completed`,
      });
    }
    await withSurroundings(command, state, whereTo, (surroundings) => {
      const request = { ...requestOptions(command), file, mode: 'resume' as const };
      return archiveOne(command, surroundings, request, names.length > 1);
    });
  });
}

function everySession(command: CommandRun, { sessions }: State): string[] {
  const { sessions: known, faults } = sessions.list();
  for (const fault of faults) command.fail(fault);
  return known.filter(({ path }) => path !== null).map(({ id }) => id);
}
