/** What to do next with an upload: hints whose commands can be typed into a shell as they stand. */
import { type Hint, hint, type NextStep, step } from '../../hint.js';
import type { UploadSession } from '../../session/session.js';
import { whereOptionsOf, whereWords } from '../../session/where-words.js';

/** What is archived, and where to. */
type Subject = Pick<UploadSession, 'path' | 'streamName' | 'destination' | 'localFolder'>;

/** How an upload that may be open is brought to its end. */
export function resumeStep(session: UploadSession): Hint {
  const { id, phase, path, streamName, completion } = session;
  if (path !== null) return hint`${step('resume', id)} ${phase === 'intent' ? 'begins' : 'resumes'} it`;
  if (streamName === undefined || completion) return hint`${step('complete', id)} finishes it`;
  return hint`run its producer again into ${uploadAgain(session)}: what is stored is not sent again`;
}

/** How what an upload was of is archived by a new upload, once it is known that this one made no archive. */
export function uploadStep(session: UploadSession): Hint {
  const { path, streamName } = session;
  const upload = uploadAgain(session);
  if (path !== null) return hint`${upload} archives the file by a new upload`;
  if (streamName !== undefined) return hint`run its producer again into ${upload}, which begins a new upload`;
  return hint`${upload} archives the file, on a machine that has it`;
}

/** For an upload that another tool began and may have completed: only a person can tell how to go on. */
export function decideStep(session: UploadSession): Hint {
  const look = "look in the vault's inventory whether the archive is there";
  return session.path === null
    ? hint`${look}; if not, ${uploadStep(session)}`
    : hint`${look}: if not, ${startOverStep(session)}; if it is, ${forgetStep(session)}`;
}

/** What is stored is dropped, and a new upload begun. */
export function startOverStep(session: Subject): Hint {
  const upload = uploadAgain(session, '--start-over');
  return session.streamName === undefined
    ? hint`${upload} archives the file as it is now`
    : hint`run its producer into ${upload}`;
}

/** The hint that names `abort`. */
export function forgetStep({ id }: UploadSession): Hint {
  return hint`${step('abort', id)} drops the upload`;
}

/** @returns words of the command that archives what the upload was of, with where its vault is */
function uploadAgain(session: Subject, ...options: string[]): NextStep {
  const { path, streamName } = session;
  const subject = streamName === undefined ? [path ?? 'FILE'] : ['-', '--name', streamName];
  return step('upload', ...subject, ...whereWords(whereOptionsOf(session)), ...options);
}
