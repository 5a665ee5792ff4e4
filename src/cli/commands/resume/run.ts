import { errnoOf, GlacierUpError, hasCode } from '../../../errors.js';
import { hint, step } from '../../../hint.js';
import type { UploadSession } from '../../../session/session.js';
import { whereOptionsOf, whereWords } from '../../../session/where-words.js';
import { forgetStep, resumeStep } from '../../../transfer/lifecycle/next-step.js';
import { openState, type State } from '../../open/open-state.js';
import { withUploadDeps } from '../../open/open-upload-deps.js';
import { type At, forEachOperand } from '../../operands/each-operand.js';
import { archiveOne, requestOptions } from '../../operands/run-transfer.js';
import type { Outcome, Work } from '../../operands/summary.js';
import { resolveTarget } from '../../operands/targets.js';
import { visibleLine } from '../../output/visible.js';
import type { ResumeRun } from './options.js';

const resuming: Work = {
  command: 'resume',
  nouns: 'uploads',
  outcomes: ['archived', 'archivedAlready', 'finishedElsewhere'],
};

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: ResumeRun, operands: string[]): Promise<void> {
  const { options } = command;
  const state = await openState(command);
  const isAll = options.all === true && operands.length === 0;
  const names = isAll ? everySession(command, state) : operands;
  if (names.length === 0 && !isAll) {
    throw new GlacierUpError('usage', 'no file or session is named', {
      hint: hint`name one, or give --all; ${step('sessions')} lists them`,
    });
  }
  const resumeOne = async (name: string, at: At): Promise<Outcome> => {
    const { selector, file, session } = await resolveTarget(command, state, name);
    if (session?.streamName !== undefined) throw needsProducer(session);
    if (file === null) {
      throw new GlacierUpError('usage', 'this upload has no file here', {
        hint: hint`${step('complete', name)} asks whether it was completed`,
      });
    }
    at(selector);
    return withUploadDeps(command, state, selector, (deps) => {
      const request = { ...requestOptions(command), file, mode: 'resume' as const };
      return archiveOne(command, deps, request, { withName: names.length > 1 });
    }).catch((error: unknown) => {
      throw session && file !== name ? fileOfSession(session, error) : error;
    });
  };
  await forEachOperand(command, names, resuming, async (name, { at }) => {
    try {
      return await resumeOne(name, at);
    } catch (error) {
      if (!isAll || !hasCode(error, 'session-unknown')) throw error;
      command.reporter.note(`session ${name}: another process has finished it`);
      return 'finishedElsewhere';
    }
  });
}

function everySession(command: ResumeRun, { sessions }: State): string[] {
  const { sessions: known, faults } = sessions.list();
  for (const fault of faults) command.fail(fault);
  for (const { streamName, id } of known) {
    if (streamName === undefined) continue;
    command.reporter.note(
      `${visibleLine(streamName)} (session ${id}) comes from a pipe: run its producer again to carry it on`,
    );
  }
  return known.filter(({ path }) => path !== null).map(({ id }) => id);
}

/** Whoever names a session does not name its file: what is wrong with it is said with its path. */
function fileOfSession(session: UploadSession, error: unknown): unknown {
  if (!hasCode(error, 'archive-unusable') || session.path === null) return error;
  const { path, uploadId } = session;
  const moved = step('resume', ...whereWords(whereOptionsOf(session)), `--upload-id=${uploadId}`, 'NEW-PATH');
  const isMissing = ['ENOENT', 'ENOTDIR'].includes(errnoOf(error.cause) ?? '');
  const wayOut = isMissing
    ? hint`put it back; if it was moved, ${moved}; ${forgetStep(session)}`
    : (error.advice ?? '');
  return new GlacierUpError(error.code, `${path}: ${error.message}`, { hint: wayOut, cause: error });
}

/** What is missing of an archive from a pipe can only come from the pipe. */
function needsProducer(session: UploadSession): GlacierUpError {
  const message = `${session.streamName} comes from a pipe: what is missing of it is not on this machine`;
  const isWhole = session.completion !== null;
  return new GlacierUpError('usage', message, {
    hint: hint`${isWhole ? 'every part is stored; if the stream was whole, ' : ''}${resumeStep(session)}`,
  });
}
