/** A session is believed only when it has everything that carrying on needs. */
import { expect, test } from 'vitest';
import { sessionFault } from '../../../src/session/session.js';

const session = {
  id: '0123456789abcdef0123',
  phase: 'uploading',
  origin: 'here',
  destination: { vault: 'demo' },
  uploadId: 'the-upload',
  partSizeBytes: 1024 ** 2,
  description: '',
  partTreeHashes: '',
  completion: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  lastActivityAt: '2026-01-01T00:00:00.000Z',
};

test.each([
  {},
  { origin: 'elsewhere' },
  { phase: 'intent', uploadId: null },
  { phase: 'completing', completion: { sizeBytes: 0, treeHash: '' } },
])('a session with %j is whole', (changes) => {
  expect(sessionFault({ ...session, ...changes })).toBe(null);
});

test.each([
  [{ id: 1 }, 'id is not text'],
  [{ description: null }, 'description is not text'],
  [{ partTreeHashes: undefined }, 'partTreeHashes is not text'],
  [{ startedAt: 1 }, 'startedAt is not text'],
  [{ lastActivityAt: 1 }, 'lastActivityAt is not text'],
  [{ phase: 'over' }, 'its phase is unknown'],
  [{ origin: 'nowhere' }, 'its origin is unknown'],
  [{ partSizeBytes: '1M' }, 'partSizeBytes is not a number'],
  [{ destination: null }, 'it names no vault'],
  [{ destination: {} }, 'it names no vault'],
  [{ uploadId: null }, 'it names no upload ID'],
  [{ phase: 'completing', uploadId: null }, 'it names no upload ID'],
  [{ phase: 'completing' }, 'it does not say what to complete'],
])('a session with %j is refused: %s', (changes, fault) => {
  expect(sessionFault({ ...session, ...changes })).toBe(fault);
});

test.each([null, 'text', []])('%j is no session', (value) => {
  expect(sessionFault(value)).toBe('it is not an object');
});
