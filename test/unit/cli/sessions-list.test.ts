/** What `sessions` lists: unfinished uploads, and plans that are begun and not done. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../../src/cli/commands/sessions/run.js';
import { openPlans, openState } from '../../../src/cli/open/open-state.js';
import type { UploadingSession } from '../../../src/session/session.js';
import { JournalWriter } from '../../../src/whole-vault/journal.js';
import type { Plan } from '../../../src/whole-vault/plan-folder.js';
import { commandRun } from './helpers/command-run.js';
import { demo } from './helpers/known-here.js';

const id = 'aaaa456789abcdef0123';
const identity = { device: '1', inode: '2', sizeBytes: 2048, mtimeNs: '4', ctimeNs: '5' };

interface Given {
  session?: Partial<UploadingSession>;
  options?: object;
  /** Of how many archives of the plan are done; null: the plan is not begun. */
  plan?: { archives: number; done: number | null };
  unreadable?: 'session' | 'plan';
}

async function listed({ session, options = {}, plan, unreadable }: Given) {
  const runOf = commandRun(options);
  const { command, clock } = runOf;
  const { sessions } = await openState(command);
  sessions.prepare(clock.now());
  if (session) {
    sessions.save({
      id,
      phase: 'uploading',
      destination: demo,
      localFolder: null,
      accountId: '111122223333',
      path: '/data/pho\u001btos.tar',
      identity,
      origin: 'here',
      uploadId: 'an-upload',
      partSizeBytes: 1024 ** 2,
      description: 'photos',
      partTreeHashes: '',
      completion: null,
      startedAt: '2026-03-01T00:00:00.000Z',
      lastActivityAt: '2026-03-01T11:00:00.000Z',
      ...session,
    });
  }
  const shelf = openPlans(command);
  const paths = shelf.pathsOf('empty', demo);
  if (plan) {
    shelf.prepare();
    const draft = shelf.openDraft(paths);
    writeFileSync(draft.items, '');
    shelf.publish(paths, draft, planOf(plan.archives));
    if (plan.done !== null) {
      const journal = new JournalWriter(paths.journal);
      journal.append([...Array(plan.done).keys()], []);
      journal.close();
    }
  }
  if (unreadable === 'plan') writeFileSync(paths.plan, 'no plan');
  if (unreadable === 'session') {
    const file = `${dirname(paths.folder)}/../sessions/bbbb456789abcdef0123.json`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'no session');
  }
  await run(command);
  return { ...runOf, planId: paths.id, planFolder: paths.folder };
}

function planOf(archives: number): Plan {
  return {
    schema: 1,
    kind: 'empty',
    destination: demo,
    vaultArn: null,
    madeAt: '2026-03-01T00:00:00.000Z',
    inventory: { takenAt: null, askedAt: '2026-02-28T00:00:00Z', sha256: '', archives, sizeBytes: 1 },
    filters: {} as Plan['filters'],
    acceptFee: false,
    archives,
    sizeBytes: 1,
    oldestAt: null,
    newestAt: null,
    leftOut: { notChosen: 0, ambiguous: 0, young: 0, deletedAlready: 0, faulty: 0 },
    earlyFee: 0,
    savedPerMonth: 0,
    currency: 'USD',
    pricesAsOf: '2026-05',
  };
}

test.each<[string, Partial<UploadingSession>, string]>([
  ['of a file', {}, '2 KiB  pho\\x1btos.tar'],
  ['of a file of which nothing is known', { identity: null }, '  pho\\x1btos.tar'],
  ['to be completed', { completion: { sizeBytes: 1024, treeHash: '' } }, '1 KiB  pho\\x1btos.tar'],
  ['from a pipe', { path: null, streamName: 'db.dump', identity: null }, '  db.dump'],
  ['without its file', { path: null, identity: null }, '  upload an-upload'],
])('an upload %s is a line', async (_, session, end) => {
  const { stdout, stderr } = await listed({ session });
  expect(stdout()).toBe(`${id}  demo  uploading  idle 1h  ${end}\n`);
  expect(stderr()).toBe('');
});

test('as JSON an upload is an object', async () => {
  const { objects } = await listed({ session: {}, options: { json: true } });
  expect(objects()).toEqual([
    {
      type: 'session',
      schema: 1,
      id,
      phase: 'uploading',
      file: '/data/pho\u001btos.tar',
      vault: 'demo',
      region: 'eu-west-1',
      profile: null,
      endpoint: null,
      accountId: '111122223333',
      uploadId: 'an-upload',
      sizeBytes: 2048,
      partSizeBytes: 1024 ** 2,
      description: 'photos',
      startedAt: '2026-03-01T00:00:00.000Z',
      lastActivityAt: '2026-03-01T11:00:00.000Z',
    },
  ]);
  const stream = { path: null, streamName: 'db.dump', identity: null };
  const { objects: ofStream } = await listed({ session: stream, options: { json: true } });
  expect(ofStream()).toMatchObject([{ file: null, name: 'db.dump', sizeBytes: null }]);
});

test('a plan that is begun and not done is listed', async () => {
  const { stdout, stderr, planId } = await listed({ plan: { archives: 3, done: 1 } });
  expect(stdout()).toBe(`${planId}  demo  empty  3 archives: 1 deleted, 2 skipped (not tried yet)\n`);
  expect(stderr()).toBe('');
  const json = await listed({ plan: { archives: 3, done: 1 }, options: { json: true } });
  expect(json.objects()).toMatchObject([{ type: 'vault-plan', id: planId, archives: 3, done: 1 }]);
});

test.each<[string, Given]>([
  ['nothing', {}],
  ['a plan that is not begun', { plan: { archives: 3, done: null } }],
  ['a plan that is done', { plan: { archives: 3, done: 3 } }],
])('of %s nothing is listed', async (_, given) => {
  const { stdout, stderr } = await listed(given);
  expect(stdout()).toBe('');
  expect(stderr()).toBe('glacier-up: no unfinished uploads or plans\n');
});

test('a session that cannot be read is a failure, and the others are listed', async () => {
  const { stdout, failures, stderr } = await listed({ session: {}, unreadable: 'session' });
  expect(stdout()).toContain(id);
  expect(failures).toMatchObject([{ error: { code: 'state-unusable' } }]);
  expect(stderr()).toBe('');
  expect((await listed({ unreadable: 'session' })).stderr()).toBe('');
});

test('a plan that cannot be read is a failure that names its folder', async () => {
  const { failures, planFolder, stderr } = await listed({
    plan: { archives: 3, done: 1 },
    unreadable: 'plan',
  });
  expect(failures).toMatchObject([{ error: { code: 'state-unusable' }, file: planFolder }]);
  expect(stderr()).toBe('');
});
