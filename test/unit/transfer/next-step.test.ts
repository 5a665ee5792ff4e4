/** What is to be done next with an upload, from what its session knows. */
import { describe, expect, test } from 'vitest';
import type { Hint } from '../../../src/hint.js';
import type { UploadingSession, UploadSession } from '../../../src/session/session.js';
import * as next from '../../../src/transfer/lifecycle/next-step.js';

const id = '0123456789abcdef0123';
const destination = { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' };
const ofFile: UploadingSession = {
  id,
  phase: 'uploading',
  destination,
  localFolder: null,
  accountId: '111122223333',
  path: '/home/me/photo.jpg',
  identity: null,
  origin: 'here',
  uploadId: 'the-upload',
  partSizeBytes: 1024 ** 2,
  description: 'photo.jpg',
  partTreeHashes: '',
  completion: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  lastActivityAt: '2026-01-01T00:00:00.000Z',
};
const ofStream: UploadingSession = { ...ofFile, path: null, streamName: 'db.dump' };
const endedStream: UploadingSession = { ...ofStream, completion: { sizeBytes: 1, treeHash: '' } };
const ofNothing: UploadingSession = { ...ofFile, path: null };
const intent: UploadSession = { ...ofFile, phase: 'intent', completion: null };

const text = (hint: Hint) => hint.text(({ words }) => words.join(' '));
const upload = 'upload - --name db.dump';

describe('an upload that may be open', () => {
  test.each([
    ['of a file', ofFile, `"resume ${id}" resumes it`],
    ['that was not begun', intent, `"resume ${id}" begins it`],
    ['of a pipe that has ended', endedStream, `"complete ${id}" finishes it`],
    ['of which only the content is known', ofNothing, `"complete ${id}" finishes it`],
  ])('%s is brought to its end', (_, session, expected) => {
    expect(text(next.resumeStep(session))).toBe(expected);
  });

  test('of a pipe needs its producer', () => {
    expect(text(next.resumeStep(ofStream))).toMatch(`run its producer again into "${upload}`);
  });
});

describe('an upload that made no archive', () => {
  test('is followed by a new one', () => {
    expect(text(next.uploadStep(ofFile))).toMatch(
      /^"upload \/home\/me\/photo.jpg .*" archives the file by a new/,
    );
    expect(text(next.uploadStep(ofStream))).toMatch(`run its producer again into "${upload}`);
    expect(text(next.uploadStep(ofNothing))).toMatch(/^"upload FILE .*on a machine that has it$/);
  });

  test('is dropped by --start-over', () => {
    expect(text(next.startOverStep(ofFile))).toMatch(
      /^"upload .* --start-over" archives the file as it is now$/,
    );
    expect(text(next.startOverStep(ofStream))).toMatch(`run its producer into "${upload}`);
  });
});

test('an upload that somebody else may have completed is for a person to decide', () => {
  expect(text(next.decideStep(ofFile))).toMatch(/if not, "upload .*--start-over" .*; if it is, "abort .*"/);
  expect(text(next.decideStep(ofNothing))).toMatch(/^look in .*; if not, "upload FILE [^;]*$/);
});
