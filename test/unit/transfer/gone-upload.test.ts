import { expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { UploadingSession } from '../../../src/session/session.js';
import { goneError } from '../../../src/transfer/lifecycle/gone-upload.js';

const session = {
  id: '0123456789abcdef0123',
  phase: 'uploading',
  uploadId: 'the-upload',
  path: '/home/me/photo.jpg',
  destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' },
} as UploadingSession;
const cause = new GlacierUpError('upload-gone', 'not found');

test('an upload of this machine that is gone was not completed', () => {
  const error = goneError({ ...session, origin: 'here' } as UploadingSession, cause);
  expect(error).toMatchObject({ code: 'upload-gone', cause });
  expect(error.message).toContain('was not completed');
});

test('of one that was begun elsewhere nobody can tell any more', () => {
  const error = goneError({ ...session, origin: 'elsewhere' } as UploadingSession, cause);
  expect(error).toMatchObject({ code: 'upload-gone', cause });
  expect(error.message).toContain('cannot be told any more');
});
