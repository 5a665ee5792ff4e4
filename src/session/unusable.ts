/** Failures of state on disk, in words. */
import { lstatSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf, GlacierUpError, wrapErrors } from '../errors.js';
import { faultWords } from '../os/fault-words.js';

const ownWords = { ENOENT: 'no such folder, and it cannot be made' };

/** A failed system call on state. Who may not touch it is told whose it is: never to take it from its owner. */
export function stateUnusable(path: string, cause: unknown): GlacierUpError {
  const errno = errnoOf(cause);
  const reason = faultWords(cause, ownWords);
  const owner = errno === 'EACCES' || errno === 'EPERM' ? ownerOf(path) : undefined;
  const isAnothers = owner !== undefined && owner !== process.getuid?.();
  const whose = isAnothers ? `, it belongs to user ${owner}` : '';
  return new GlacierUpError('state-unusable', `${path}: ${reason}${whose}`, {
    hint: isAnothers
      ? runAs(owner)
      : errno === 'ENOSPC' || errno === 'EDQUOT'
        ? 'make room, then run the same command again'
        : 'check the folder, or give another one with --state-dir',
    cause,
  });
}

/** Runs a step on state; a failed system call in it becomes an error that names the file. @throws GlacierUpError */
export function checked<T>(file: string, action: () => T): T {
  return wrapErrors((cause) => stateUnusable(file, cause), action);
}

/** The way out where state belongs to somebody else. */
export function runAs(userId: number): string {
  return `run glacier-up as that user (sudo -u '#${userId}'), or give another --state-dir`;
}

/** Whose a path is that may not be looked at: the owner of the nearest folder above it that may. */
function ownerOf(path: string): number | undefined {
  for (let visible = resolve(path); ; visible = dirname(visible)) {
    try {
      return lstatSync(visible).uid;
    } catch {
      if (visible === dirname(visible)) return undefined;
    }
  }
}
