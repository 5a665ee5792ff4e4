import { describe, expect, test } from 'vitest';
import type { UploadSession } from '../../../src/session/session.js';
import { decide, type UploadFacts } from '../../../src/transfer/lifecycle/decide.js';

const completion = { sizeBytes: 1, treeHash: 'ab' };
const common = { id: '0123', path: '/home/me/photo.jpg', origin: 'here' } as UploadSession;
const sessions = {
  none: null,
  intent: { ...common, phase: 'intent', uploadId: null, completion: null },
  'intent again': { ...common, phase: 'intent', uploadId: null, completion: null, again: true },
  uploading: { ...common, phase: 'uploading', uploadId: 'U', completion: null },
  completing: { ...common, phase: 'completing', uploadId: 'U', completion },
} satisfies Record<string, UploadSession | null>;

type Sessions = keyof typeof sessions;
const everySession = Object.keys(sessions) as Sessions[];

/** The kind of decision, of a session and what else is known. */
function of(
  session: Sessions,
  facts: Partial<UploadFacts> = {},
  request: Partial<UploadFacts['request']> = {},
) {
  return decide({
    session: sessions[session],
    hasReceipt: false,
    wasAsked: false,
    isSettled: false,
    ...facts,
    request: { mode: 'upload', ...request },
  }).kind;
}

/** Of every session: `none`, `intent`, `intent again`, `uploading`, `completing`. */
function row(facts: Partial<UploadFacts>, request: Partial<UploadFacts['request']>): string {
  return everySession.map((session) => of(session, facts, request)).join(' | ');
}

describe('what is next with a file', () => {
  test.each([
    ['upload', {}, {}, 'look | look | begin | resume | complete-again'],
    ['upload --again', {}, { again: true }, 'begin | begin | begin | resume | complete-again'],
    ['upload --start-over', {}, { startOver: true }, 'look | drop | drop | drop | complete-again'],
    [
      'upload, Complete was sent again and refused',
      { wasAsked: true },
      {},
      'look | look | begin | resume | resume',
    ],
    [
      'upload --start-over, after that',
      { wasAsked: true },
      { startOver: true },
      'look | drop | drop | drop | drop',
    ],
    [
      'upload, an earlier upload has just come to its end',
      { isSettled: true },
      {},
      'look | look | begin | resume | complete-again',
    ],
    [
      'upload --again, which may be what that upload was for',
      { isSettled: true },
      { again: true },
      'look | look | begin | resume | complete-again',
    ],
    ['resume', {}, { mode: 'resume' }, 'no-upload | look | begin | resume | complete-again'],
    [
      'resume --upload-id',
      {},
      { mode: 'resume', uploadId: 'U' },
      'resume | begin | begin | resume | complete-again',
    ],
    ['complete', {}, { mode: 'complete' }, 'no-upload | not-begun | not-begun | resume | complete-again'],
    [
      'complete --upload-id',
      {},
      { mode: 'complete', uploadId: 'U' },
      'resume | not-begun | not-begun | resume | complete-again',
    ],
  ] as const)('%s', (_, facts, request, expected) => {
    expect(row(facts, request)).toBe(expected);
  });

  test('a session whose upload has a receipt is forgotten first, for every request', () => {
    for (const session of ['uploading', 'completing'] as const) {
      for (const request of [{}, { again: true }, { startOver: true }, { mode: 'complete' as const }]) {
        expect(of(session, { hasReceipt: true }, request)).toBe('forget');
      }
    }
  });

  test('an upload is resumed by its session, one begun elsewhere by its ID', () => {
    const facts = { hasReceipt: false, wasAsked: false, isSettled: false };
    const request = { mode: 'resume', uploadId: 'U' } as const;
    expect(decide({ ...facts, session: null, request })).toEqual({ kind: 'resume', upload: 'U' });
    const session = sessions.uploading;
    expect(decide({ ...facts, session, request })).toEqual({ kind: 'resume', upload: session });
  });
});
