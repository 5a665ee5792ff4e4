/** What an operand means: the file of a session, a session's ID, or the name of an archive from a pipe. */
import { assertResolvable, realPathOf } from '../../archive/real-path.js';
import { GlacierUpError } from '../../errors.js';
import { hint, step } from '../../hint.js';
import type { UploadSession } from '../../session/session.js';
import { whereOptionsOf } from '../../session/where-words.js';
import type { CommandRun } from '../command/command-run.js';
import type { State } from '../open/open-state.js';
import type { VaultSelector } from '../open/vault-selector.js';
import type { uploadIdOption, whereOptions } from '../options/shared-options.js';

/** A command about one upload. */
export type TargetRun = CommandRun<readonly [...typeof whereOptions, typeof uploadIdOption]>;

/** One upload that a command is about. */
export type Target = {
  /** As the user named it, for messages. */
  name: string;
  selector: VaultSelector;
  /** null when only an upload ID is known. */
  file: string | null;
} & ({ session: UploadSession; uploadId?: string } | { session: null; uploadId: string });

/** Of a session's ID. */
export const shortestPrefix = 4;

/**
 * @param operand a file, session ID or name of an archive from a pipe; undefined with `--upload-id`
 * @throws GlacierUpError `session-unknown` for what is neither; `archive-unusable` when that cannot be told; `usage` when it could be several; `state-unusable`
 * when none fits and a session cannot be read
 */
export async function resolveTarget(
  run: TargetRun,
  state: State,
  operand: string | undefined,
): Promise<Target> {
  const { options } = run;
  const { sessions, faults } = state.sessions.list();
  if (options.uploadId !== undefined) return uploadTarget(run, sessions, operand, options.uploadId);
  if (operand === undefined) {
    throw new GlacierUpError('usage', 'no file or session is named', {
      hint: 'name one, or give --vault and --upload-id',
    });
  }
  const path = await realPathOf(operand);
  const ofFile = onlyOne(
    operand,
    preferProfile(
      sessions.filter((session) => session.path === path && agrees(session, run)),
      run,
    ),
  );
  if (ofFile) return sessionTarget(run, operand, ofFile, operand);
  const byId = onlyOne(
    operand,
    sessions.filter(({ id }) => operand.length >= shortestPrefix && id.startsWith(operand.toLowerCase())),
  );
  if (byId) return sessionTarget(run, operand, byId, byId.path);
  const byName = onlyOne(
    operand,
    preferProfile(
      sessions.filter((session) => session.streamName === operand && agrees(session, run)),
      run,
    ),
  );
  if (byName) return sessionTarget(run, operand, byName, null);
  // It could be the one that cannot be read.
  if (faults[0]) throw faults[0];
  await assertResolvable(operand);
  throw new GlacierUpError(
    'session-unknown',
    `no unfinished upload of this file, and no session of this ID, is known here`,
    {
      hint: hint`${step('sessions')} lists those known; ${step('receipts')} what is archived`,
    },
  );
}

function sessionTarget(
  { options }: TargetRun,
  name: string,
  session: UploadSession,
  file: string | null,
): Target {
  const kept = whereOptionsOf(session);
  if (session.localFolder !== null) return { name, selector: kept, file, session };
  // The vault may be reached in another way by now: by another profile, or another name of the host.
  const { profile, accountId, endpointUrl } = options;
  const given = {
    ...(profile === undefined ? {} : { profile }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
  };
  return { name, selector: { ...kept, ...given }, file, session };
}

async function uploadTarget(
  { options }: TargetRun,
  sessions: readonly UploadSession[],
  file: string | undefined,
  uploadId: string,
): Promise<Target> {
  const session = sessions.find((known) => known.uploadId === uploadId) ?? null;
  const path = file === undefined ? null : await realPathOf(file);
  const isOfFile = session !== null && (path === null || session.path === path);
  const name = file ?? uploadId;
  const selector = options.vault === undefined && session ? whereOptionsOf(session) : options;
  return isOfFile
    ? { name, selector, file: file ?? session.path, session, uploadId }
    : { name, selector, file: file ?? null, session: null, uploadId };
}

/** Whether the options given, if any, name the session's own destination. */
function agrees({ destination, localFolder }: UploadSession, { options }: TargetRun): boolean {
  const { vault, local, region } = options;
  if (vault !== undefined && vault !== destination.vault) return false;
  if (local !== undefined && localFolder === null) return false;
  return region === undefined || localFolder !== null || region === destination.region;
}

/** Of several sessions of a file, those of the profile that is given, if there are any. */
function preferProfile(sessions: readonly UploadSession[], { options }: TargetRun): readonly UploadSession[] {
  const ofProfile = sessions.filter(({ destination }) => destination.profile === options.profile);
  return options.profile === undefined || ofProfile.length === 0 ? sessions : ofProfile;
}

/** @throws GlacierUpError `usage` when there are several */
function onlyOne(operand: string, sessions: readonly UploadSession[]): UploadSession | undefined {
  if (sessions.length < 2) return sessions[0];
  const ids = sessions.map(({ id, destination }) => `${id} (vault ${destination.vault})`).join(', ');
  throw new GlacierUpError('usage', `${operand} could be any of the sessions ${ids}`, {
    hint: 'name the session by its ID, or give --vault',
  });
}
