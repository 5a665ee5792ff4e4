/** The life of an upload in single steps, on a vault in memory whose answers a test may choose. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type ErrorCode, GlacierUpError } from '../../../src/errors.js';
import type { RetryingVault } from '../../../src/glacier/retry/retrying-vault.js';
import type { CompletedArchive } from '../../../src/glacier/vault.js';
import { hint } from '../../../src/hint.js';
import { OpenSession } from '../../../src/session/open-session.js';
import { PartHashes } from '../../../src/session/part-hashes.js';
import { abortById, abortIfAllowed, abortSession, startOver } from '../../../src/transfer/lifecycle/abort.js';
import { beginUpload } from '../../../src/transfer/lifecycle/begin.js';
import { askByComplete, sendComplete } from '../../../src/transfer/lifecycle/complete.js';
import { askWhetherCompleted, complete, completeAgain } from '../../../src/transfer/lifecycle/finish.js';
import { settleGone } from '../../../src/transfer/lifecycle/gone-upload.js';
import * as phases from '../../../src/transfer/lifecycle/phases.js';
import { assertSameUpload, partsMissing } from '../../../src/transfer/lifecycle/refusals.js';
import { settle, UnsavedReceiptError } from '../../../src/transfer/lifecycle/settle.js';
import { settleEarlier } from '../../../src/transfer/lifecycle/settle-earlier.js';
import { StartingOver, startsOver } from '../../../src/transfer/lifecycle/starting-over.js';
import { ChangedSinceError } from '../../../src/transfer/on-change.js';
import type { TransferRequest } from '../../../src/transfer/transfer-request.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';

sharedPool();
const id = '0123456789abcdef0123';
const content = { sizeBytes: 1000, treeHash: 'ab'.repeat(32) };
const archive: CompletedArchive = {
  archiveId: 'the-archive',
  location: '/123456789012/vaults/memory/archives/the-archive',
  accountId: '123456789012',
};
const beginning = {
  subject: { path: '/home/me/photo.jpg', identity: null },
  partSizeBytes: 1024 ** 2,
  description: 'photo.jpg',
  again: false,
};

type Parts = Awaited<ReturnType<Awaited<ReturnType<typeof memoryPlace>>['next']>>;
let place: Awaited<ReturnType<typeof memoryPlace>>;
let deps: Parts['deps'];
let events: Parts['events'];

beforeEach(async () => {
  place = await memoryPlace();
  ({ deps, events } = await place.next());
  deps.sessions.prepare(Date.now());
});

/** The session as it is on disk. */
function reopened(): OpenSession {
  const lock = { assertHeld: () => {}, release: () => {} };
  return new OpenSession(id, { store: deps.sessions, lock, clock: place.clock });
}

const stored = () => deps.sessions.load(id);

function failure(code: ErrorCode, httpStatus?: number): GlacierUpError {
  const service = httpStatus === undefined ? {} : { service: { operation: 'X', httpStatus } };
  return new GlacierUpError(code, `the service says ${code}`, service);
}

/** These answers in turn, the last one again and again, for Complete and for the question of the same kind. */
function answering(...answers: (CompletedArchive | GlacierUpError)[]) {
  const asked: unknown[] = [];
  const answer: RetryingVault['completeUpload'] = async (request) => {
    asked.push(request);
    const next = answers[Math.min(asked.length, answers.length) - 1];
    if (next instanceof Error) throw next;
    return next as CompletedArchive;
  };
  deps.vault = { ...deps.vault, completeUpload: answer, askWhetherCompleted: answer };
  return asked;
}

function refusing<Call extends keyof RetryingVault>(call: Call, error: GlacierUpError): void {
  deps.vault = { ...deps.vault, [call]: () => Promise.reject(error) };
}

async function uploadingOpen(): Promise<OpenSession> {
  const open = reopened();
  await beginUpload(deps, open, { ...beginning, hashes: new PartHashes(1) });
  return open;
}

async function completingOpen(): Promise<OpenSession> {
  const open = await uploadingOpen();
  await phases.toComplete(open, phases.uploading(open), content);
  return open;
}

describe('Complete', () => {
  const request = { uploadId: 'the-upload', ...content };

  test.each([
    ['completed', archive],
    ['refused', failure('request-invalid', 400)],
    ['refused', failure('hash-mismatch', 400)],
    ['gone', failure('upload-gone', 404)],
    ['unknown', failure('completion-unknown')],
  ] as const)('ends as %s', async (kind, answer) => {
    const asked = answering(answer);
    expect(await sendComplete(deps, request)).toMatchObject({ kind });
    expect(await askByComplete(deps, request)).toMatchObject({ kind });
    expect(asked).toEqual([request, request]);
  });

  test.each([
    ['request-invalid', failure('request-invalid')],
    ['a 413', failure('request-invalid', 413)],
    ['temporary', failure('temporary', 500)],
  ])('that fails is an error: %s', async (_, error) => {
    const asked = answering(error);
    await expect(sendComplete(deps, request)).rejects.toBe(error);
    expect(asked).toHaveLength(1);
  });

  test('whose reply names another hash is asked for again, and believed the third time', async () => {
    const mismatch = failure('hash-mismatch');
    const two = answering(mismatch, mismatch, archive);
    expect(await sendComplete(deps, request)).toEqual({ kind: 'completed', archive });
    expect(two).toHaveLength(3);
    const three = answering(mismatch);
    await expect(sendComplete(deps, request)).rejects.toBe(mismatch);
    expect(three).toHaveLength(3);
  });
});

describe('the first Complete of an upload', () => {
  const parts = { sent: 1, kept: 0 };
  const run = async () => {
    const open = await uploadingOpen();
    return complete(deps, open, { session: phases.uploading(open), completion: content, parts });
  };

  test('leaves a receipt and no session', async () => {
    answering(archive);
    const end = await run();
    expect(end).toMatchObject({
      kind: 'completed',
      receipt: { archiveId: 'the-archive', ...content, parts: { total: 1, sent: 1, kept: 0 } },
    });
    expect(stored()).toBe(null);
    expect(events.map(({ kind }) => kind)).toEqual(['completing', 'ended']);
  });

  test('that is refused leaves the session in "completing"', async () => {
    answering(failure('request-invalid', 400));
    expect(await run()).toMatchObject({ kind: 'refused' });
    expect(stored()).toMatchObject({ phase: 'completing' });
  });

  test('of an upload that the service does not know made nothing: the session is in "uploading"', async () => {
    answering(failure('upload-gone', 404));
    expect(await run()).toMatchObject({ kind: 'gone', error: { code: 'upload-gone' } });
    expect(stored()).toMatchObject({ phase: 'uploading', completion: null });
  });

  test('that may have made an archive says so, and when the service did not know the upload any more', async () => {
    answering(failure('completion-unknown'));
    expect(await run()).toMatchObject({ kind: 'unknown', error: { code: 'completion-unknown' } });
    expect(stored()?.completion).toEqual(content);
    deps.sessions.remove(id);
    answering(failure('completion-unknown', 404));
    const end = await run();
    expect(end).toMatchObject({ kind: 'unknown', error: { service: { httpStatus: 404 } } });
    expect(stored()?.completion).toHaveProperty('unknownSince');
  });
});

describe('a Complete that an earlier run has sent', () => {
  test('leads to its receipt', async () => {
    const open = await completingOpen();
    answering(archive);
    expect(await completeAgain(deps, open)).toMatchObject({
      kind: 'completed',
      receipt: { parts: { total: 1, sent: 0, kept: 1 } },
    });
    expect(stored()).toBe(null);
  });

  test('stays unknown when the service does not know the upload: the time of the first such answer is kept', async () => {
    const open = await completingOpen();
    answering(failure('upload-gone', 404));
    expect(await completeAgain(deps, open)).toMatchObject({
      kind: 'unknown',
      error: { code: 'completion-unknown' },
    });
    const first = stored()?.completion;
    expect(first).toHaveProperty('unknownSince');
    place.clock.pass(60_000);
    await completeAgain(deps, reopened());
    expect(stored()?.completion).toEqual(first);
  });

  test('is settled before anything else is done with the file', async () => {
    const open = await completingOpen();
    answering(archive);
    expect(await settleEarlier(deps, open, {})).toMatchObject({ archiveId: 'the-archive' });
  });

  test('that is refused is left to ListParts', async () => {
    const open = await completingOpen();
    answering(failure('request-invalid', 400));
    expect(await settleEarlier(deps, open, {})).toBe(null);
    expect(stored()).toMatchObject({ phase: 'completing' });
  });

  test.each([
    [{}, true],
    [{ force: true }, true],
    [{ startOver: true }, true],
    [{ startOver: true, force: true }, false],
  ])('whose outcome is unknown ends the run, with %o: %s', async (options, isEnd) => {
    const open = await completingOpen();
    answering(failure('upload-gone', 404));
    const end = settleEarlier(deps, open, options);
    if (isEnd) await expect(end).rejects.toMatchObject({ code: 'completion-unknown' });
    else expect(await end).toBe(null);
  });

  test('was not sent for an upload in "uploading": nothing is asked', async () => {
    const open = await uploadingOpen();
    const asked = answering(archive);
    expect(await settleEarlier(deps, open, {})).toBe(null);
    expect(asked).toEqual([]);
  });

  test('whose receipt is there is not sent again: only the session is removed', async () => {
    const first = await completingOpen();
    const session = phases.completing(first);
    answering(archive);
    await completeAgain(deps, first);
    deps.sessions.save(session);
    const asked = answering(failure('temporary'));
    expect(await settleEarlier(deps, reopened(), {})).toMatchObject({ archiveId: 'the-archive' });
    expect(asked).toEqual([]);
    expect(stored()).toBe(null);
  });

  test('belongs to another upload than the one of an intent, whose receipt does not settle it', async () => {
    const first = await completingOpen();
    const { uploadId } = phases.completing(first);
    answering(archive);
    await completeAgain(deps, first);
    const again = await uploadingOpen();
    phases.supersede(again, { ...phases.uploading(again), uploadId });
    expect(await settleEarlier(deps, reopened(), {})).toBe(null);
    expect(stored()).toMatchObject({ phase: 'intent', uploadId });
  });
});

describe('the question whether an upload was completed elsewhere', () => {
  const ask = async () => {
    const open = await uploadingOpen();
    return askWhetherCompleted(deps, open, phases.uploading(open), content);
  };

  test('leads to the receipt of an archive', async () => {
    answering(archive);
    expect(await ask()).toMatchObject({ kind: 'completed', receipt: { archiveId: 'the-archive' } });
    expect(stored()).toBe(null);
  });

  test.each([
    ['upload-gone', failure('upload-gone', 404)],
    ['request-invalid', failure('request-invalid', 400)],
  ])('changes nothing when there is none: %s', async (_, error) => {
    answering(error);
    expect(await ask()).toMatchObject({ error });
    expect(stored()).toMatchObject({ phase: 'uploading' });
  });

  test('leaves "completing" when there is one without a name', async () => {
    answering(failure('completion-unknown'));
    expect(await ask()).toMatchObject({ kind: 'unknown' });
    expect(stored()).toMatchObject({ phase: 'completing', completion: content });
  });
});

describe('an upload that ListParts does not know', () => {
  const cause = failure('upload-gone', 404);

  test('is not asked about when Complete was sent before: what came of that is unknown', async () => {
    const open = await completingOpen();
    const settled = settleGone(deps, open, {
      session: phases.completing(open),
      cause,
      ask: () => Promise.reject(new Error('asked')),
    });
    await expect(settled).rejects.toMatchObject({ code: 'completion-unknown', cause });
  });

  test('was completed with other content when the question is refused', async () => {
    const open = await uploadingOpen();
    const ask = async () => ({ kind: 'refused' as const, error: failure('request-invalid', 400) });
    const settled = settleGone(deps, open, { session: phases.uploading(open), cause, ask });
    await expect(settled).rejects.toMatchObject({ code: 'upload-foreign' });
  });

  test('may have been completed', async () => {
    const open = await uploadingOpen();
    const error = failure('completion-unknown');
    const ask = async () => ({ kind: 'unknown' as const, error });
    const settled = settleGone(deps, open, { session: phases.uploading(open), cause, ask });
    await expect(settled).rejects.toBe(error);
  });

  test.each([null, { kind: 'gone' as const, error: cause }])('is gone', async (end) => {
    const open = await uploadingOpen();
    const ask = async () => end;
    expect(await settleGone(deps, open, { session: phases.uploading(open), cause, ask })).toBe(null);
  });
});

describe('the beginning of an upload', () => {
  const begin = (open: OpenSession) => beginUpload(deps, open, { ...beginning, hashes: new PartHashes(1) });

  test('is on disk with the ID and the account that the service names', async () => {
    await begin(reopened());
    const [uploadId] = place.vault.openUploads;
    expect(stored()).toMatchObject({ phase: 'uploading', uploadId, accountId: '123456789012' });
  });

  test('that is refused leaves nothing behind', async () => {
    refusing('initiateUpload', failure('access-denied', 403));
    await expect(begin(reopened())).rejects.toMatchObject({ code: 'access-denied' });
    expect(stored()).toBe(null);
  });

  test('whose answer is lost leaves an intent', async () => {
    refusing('initiateUpload', failure('temporary'));
    await expect(begin(reopened())).rejects.toMatchObject({ code: 'temporary' });
    expect(stored()).toMatchObject({ phase: 'intent' });
  });

  test('that is refused in the place of an older upload keeps the ID of that one', async () => {
    const { uploadId } = phases.uploading(await uploadingOpen());
    refusing('initiateUpload', failure('access-denied', 403));
    await expect(begin(reopened())).rejects.toMatchObject({ code: 'access-denied' });
    expect(stored()).toMatchObject({ phase: 'intent', uploadId });
  });

  test('in another account than before is refused, once the new upload is noted', async () => {
    deps.whichVault = async () => ({
      destination: deps.destination,
      accountId: '999999999999',
      createdAt: null,
    });
    await expect(begin(reopened())).rejects.toMatchObject({ code: 'upload-foreign' });
    expect(stored()).toMatchObject({ phase: 'uploading', uploadId: place.vault.openUploads[0] });
  });

  test('sends nothing when the receipt could not be written', async () => {
    deps.receipts = {
      ...deps.receipts,
      assertWritable: () => {
        throw failure('state-unusable');
      },
    };
    await expect(begin(reopened())).rejects.toMatchObject({ code: 'state-unusable' });
    expect(place.vault.requests).toEqual([]);
  });

  test('starts a thread while it waits only if there is something to hash', async () => {
    let starts = 0;
    deps.pool = Object.assign(Object.create(deps.pool), { start: () => (starts += 1) });
    const hashes = new PartHashes(1);
    hashes.set(0, Buffer.alloc(32, 1));
    await beginUpload(deps, reopened(), { ...beginning, hashes });
    expect(starts).toBe(0);
    await beginUpload(deps, reopened(), { ...beginning, hashes: new PartHashes(1) });
    expect(starts).toBe(1);
  });

  test('of a small file is written once, after the answer', async () => {
    const written: string[] = [];
    const { sessions } = deps;
    deps.sessions = {
      ...sessions,
      put: (session) => {
        written.push(session.phase);
        sessions.put(session);
      },
    };
    await beginUpload(deps, reopened(), { ...beginning, hashes: new PartHashes(1), isSmall: true });
    expect(written).toEqual(['uploading']);
  });
});

describe('the receipt', () => {
  test('names the account of the session where the service names none', async () => {
    const open = await completingOpen();
    const receipt = await settle(deps, open, { ...archive, accountId: '' }, null);
    expect(receipt.accountId).toBe('123456789012');
  });

  test('is not written for an archive in another account', async () => {
    const open = await completingOpen();
    const settled = settle(deps, open, { ...archive, accountId: '999999999999' }, null);
    await expect(settled).rejects.toMatchObject({ code: 'upload-foreign' });
    await expect(settled).rejects.toThrow('the-archive');
    expect(stored()).toMatchObject({ phase: 'completing' });
  });

  test('counts every part, the last one too', async () => {
    const open = await uploadingOpen();
    const completion = { ...content, sizeBytes: 2 * 1024 ** 2 + 1 };
    await phases.toComplete(open, phases.uploading(open), completion);
    const receipt = await settle(deps, open, archive, { sent: 2, kept: 1 });
    expect(receipt.parts).toEqual({ total: 3, sent: 2, kept: 1 });
  });

  test.each(['state-unusable', 'locked'] as const)('that cannot be saved (%s) is shown', async (code) => {
    const open = await completingOpen();
    deps.receipts = { ...deps.receipts, append: () => Promise.reject(failure(code)) };
    const settled = settle(deps, open, archive, null);
    await expect(settled).rejects.toBeInstanceOf(UnsavedReceiptError);
    await expect(settled).rejects.toMatchObject({ receipt: { archiveId: 'the-archive' } });
    expect(stored()).toMatchObject({ phase: 'completing' });
    expect(events.at(-1)).toEqual({ kind: 'ended' });
  });

  test('whose writing is interrupted leaves the error as it is', async () => {
    const open = await completingOpen();
    const error = failure('temporary');
    deps.receipts = { ...deps.receipts, append: () => Promise.reject(error) };
    await expect(settle(deps, open, archive, null)).rejects.toBe(error);
  });
});

describe('abort', () => {
  const abort = (force = false) => abortSession(deps, id, 'photo.jpg', { force });

  test('drops an upload and its session', async () => {
    const { uploadId } = phases.uploading(await uploadingOpen());
    expect(await abort()).toEqual({ kind: 'aborted', uploadId });
    expect(place.vault.openUploads).toEqual([]);
    expect(stored()).toBe(null);
  });

  test('finds nothing to drop without a session', async () => {
    expect(await abort()).toEqual({ kind: 'nothing' });
  });

  test('removes an intent that has no upload', async () => {
    refusing('initiateUpload', failure('temporary'));
    await beginUpload(deps, reopened(), { ...beginning, hashes: new PartHashes(1) }).catch(() => {});
    expect(await abort()).toEqual({ kind: 'nothing' });
    expect(stored()).toBe(null);
    expect(place.vault.requests).toEqual([]);
  });

  test('completes first what may have been completed', async () => {
    await completingOpen();
    answering(archive);
    expect(await abort()).toMatchObject({ kind: 'completed', receipt: { archiveId: 'the-archive' } });
    expect(place.vault.requests).not.toContain('abortUpload');
  });

  test('drops an upload whose Complete was refused', async () => {
    const { uploadId } = phases.completing(await completingOpen());
    answering(failure('request-invalid', 400));
    expect(await abort()).toEqual({ kind: 'aborted', uploadId });
    expect(stored()).toBe(null);
  });

  test('keeps one whose outcome is unknown, unless it is forced', async () => {
    const { uploadId } = phases.completing(await completingOpen());
    place.vault.forget(uploadId);
    answering(failure('upload-gone', 404));
    await expect(abort()).rejects.toMatchObject({ code: 'completion-unknown' });
    expect(stored()).toMatchObject({ phase: 'completing' });
    expect(await abort(true)).toEqual({ kind: 'nothing' });
    expect(stored()).toBe(null);
  });

  test('keeps one whose Complete was refused and that is not open either', async () => {
    const { uploadId } = phases.completing(await completingOpen());
    place.vault.forget(uploadId);
    answering(failure('request-invalid', 400));
    await expect(abort()).rejects.toMatchObject({ code: 'completion-unknown' });
    expect(stored()).toMatchObject({ phase: 'completing' });
  });

  test('asks about an upload that is gone whether somebody has completed it', async () => {
    const open = await uploadingOpen();
    phases.noteEnd(open, phases.uploading(open), content);
    place.vault.forget(phases.uploading(open).uploadId);
    const unknown = failure('completion-unknown');
    answering(unknown);
    await expect(abort()).rejects.toMatchObject({ code: 'completion-unknown' });
    answering(archive);
    expect(await abort()).toMatchObject({ kind: 'completed', receipt: { archiveId: 'the-archive' } });
    expect(stored()).toBe(null);
  });

  test('forced drops what somebody may have completed', async () => {
    const open = await uploadingOpen();
    phases.noteEnd(open, phases.uploading(open), content);
    place.vault.forget(phases.uploading(open).uploadId);
    answering(failure('completion-unknown'));
    expect(await abort(true)).toEqual({ kind: 'nothing' });
    expect(stored()).toBe(null);
  });

  test('does not ask about an upload that it could abort', async () => {
    const open = await uploadingOpen();
    phases.noteEnd(open, phases.uploading(open), content);
    const asked = answering(archive);
    expect(await abort()).toMatchObject({ kind: 'aborted' });
    expect(asked).toEqual([]);
  });

  test('that fails keeps the session', async () => {
    await uploadingOpen();
    refusing('abortUpload', failure('temporary'));
    await expect(abort()).rejects.toMatchObject({ code: 'temporary' });
    expect(stored()).toMatchObject({ phase: 'uploading' });
  });

  test('of an upload known by its ID alone succeeds when it is gone', async () => {
    const { uploadId } = phases.uploading(await uploadingOpen());
    expect(await abortById(deps, uploadId)).toEqual({ kind: 'aborted', uploadId });
    expect(await abortById(deps, 'unknown')).toEqual({ kind: 'nothing' });
    refusing('abortUpload', failure('access-denied'));
    await expect(abortById(deps, uploadId)).rejects.toMatchObject({ code: 'access-denied' });
  });

  test('of what is not needed goes on when these credentials may not abort, and says so', async () => {
    const open = await uploadingOpen();
    refusing('abortUpload', failure('access-denied'));
    await abortIfAllowed(deps, open);
    expect(events).toMatchObject([{ kind: 'note' }]);
    refusing('abortUpload', failure('temporary'));
    await expect(abortIfAllowed(deps, open)).rejects.toMatchObject({ code: 'temporary' });
  });
});

describe('--start-over', () => {
  test('has nothing to drop without a session', async () => {
    expect(await startOver(deps, reopened(), null, {})).toBe(null);
    expect(place.vault.requests).toEqual([]);
  });

  test('drops the upload', async () => {
    const open = await uploadingOpen();
    expect(await startOver(deps, open, null, {})).toBe(null);
    expect(place.vault.openUploads).toEqual([]);
    expect(stored()).toBe(null);
  });

  test('gives the receipt of one that somebody has completed', async () => {
    const open = await uploadingOpen();
    phases.noteEnd(open, phases.uploading(open), content);
    place.vault.forget(phases.uploading(open).uploadId);
    answering(archive);
    expect(await startOver(deps, open, null, {})).toMatchObject({ archiveId: 'the-archive' });
  });
});

describe('another try with a file that has changed', () => {
  const changed = failure('archive-changed');
  const request: TransferRequest = { file: 'photo.jpg', mode: 'upload', onChange: 'start-over' };

  test('is made by whoever asked for it, for an upload of their own', async () => {
    const { session } = await uploadingOpen();
    expect(startsOver(request, null)).toBe(true);
    expect(startsOver(request, session)).toBe(true);
    expect(startsOver({ ...request, mode: 'resume' }, session)).toBe(true);
    expect(startsOver({ ...request, onChange: 'fail' }, session)).toBe(false);
    expect(startsOver({ ...request, mode: 'complete' }, session)).toBe(false);
    expect(startsOver({ ...request, uploadId: 'theirs' }, session)).toBe(false);
    expect(startsOver(request, session && { ...session, origin: 'elsewhere' })).toBe(false);
  });

  test('comes after pauses that grow, and not after the fourth change', async () => {
    const open = await uploadingOpen();
    const trying = new StartingOver(deps, open, request);
    for (let changes = 0; changes < 3; changes += 1) await trying.after(changed);
    expect(place.clock.waits).toEqual([10_000, 60_000, 300_000]);
    await expect(trying.after(changed)).rejects.toMatchObject({ code: 'archive-changed', cause: changed });
    await expect(new StartingOver(deps, open, request).after(failure('temporary'))).rejects.toMatchObject({
      code: 'temporary',
    });
    await expect(new StartingOver(deps, open, { ...request, onChange: 'fail' }).after(changed)).rejects.toBe(
      changed,
    );
    expect(stored()).toMatchObject({ phase: 'uploading' });
  });

  test('saves the hashes that are known before it waits', async () => {
    const open = await uploadingOpen();
    open.takeHashes(1, null).set(0, Buffer.alloc(32, 1));
    await new StartingOver(deps, open, request).after(changed);
    expect(stored()?.partTreeHashes).not.toBe('');
  });

  test('drops what differs at once, and keeps the description', async () => {
    const open = await uploadingOpen();
    await new StartingOver(deps, open, request).after(new ChangedSinceError('it differs', hint`start over`));
    expect(place.vault.openUploads).toEqual([]);
    expect(place.clock.waits).toEqual([]);
    expect(stored()).toMatchObject({ phase: 'intent', description: 'photo.jpg' });
  });
});

describe('an upload that is named by its ID', () => {
  test('is refused beside another one of the same file', async () => {
    const { session } = await uploadingOpen();
    const uploadId = session?.uploadId ?? '';
    const of = (named?: string) => ({
      file: 'photo.jpg',
      ...(named === undefined ? {} : { uploadId: named }),
    });
    expect(() => assertSameUpload(session, of('another'))).toThrow(uploadId);
    assertSameUpload(session, of(uploadId));
    assertSameUpload(session, of());
    assertSameUpload(null, of('another'));
    assertSameUpload(session && { ...session, phase: 'intent', uploadId: null, completion: null }, of('x'));
  });
});

test('parts that are missing are counted', () => {
  expect(partsMissing(1, 3, id).message).toBe('1 of 3 parts is missing or different');
  expect(partsMissing(2, 3, id).message).toBe('2 of 3 parts are missing or different');
});
