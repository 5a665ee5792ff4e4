/** What `reconcile` says became of each upload. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** One upload whose Complete had no answer and which the service has forgotten, and one that was interrupted. */
async function unfinished() {
  const place = await makeServedPlace(1000);
  const open = join(place.folder, 'open.tar');
  seededFile(open, 1.5 * MiB, 2);
  await place.serve({ faults: ['complete:cut'] });
  expect((await place.run(['upload', place.file, '--retry-for', '0'])).code).toBe(5);
  place.clock.pass(25 * hourMs);
  await place.serve({});
  expect((await place.run(['upload', place.file])).code).toBe(6);
  const id = String(place.sessions()[0]?.id);
  await place.interrupted(['upload', open, '--part-size', '1M'], 1);
  const openId = String(place.sessions().find(({ path }) => path === open)?.id);
  return { ...place, open, id, openId };
}

describe('reconcile', () => {
  test('settles what is unknown, and leaves alone what is not', async () => {
    const { plain, clock, file, id, sessions, openId } = await unfinished();
    clock.pass(2 * dayMs);
    const { code, stdout, stderr } = await plain(['reconcile']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`${file}: it was not completed, and there is no archive: `);
    expect(stderr).toContain('archives the file by a new upload');
    expect(sessions()).toMatchObject([{ id: openId }]);
    expect((await plain(['reconcile', id])).code).toBe(4);
  });

  test('says what became of each one that is named, and counts them', async () => {
    const { run, plain, clock, file, id, open, openId, folder } = await unfinished();
    const done = join(folder, 'done.tar');
    seededFile(done, 1000, 3);
    const archiveId = (await run(['upload', done])).stdout.trim();
    clock.pass(2 * dayMs);
    const words = ['reconcile', open, done, file];
    const told = await plain([...words, '--json']);
    const [ofOpen, ofDone, ofFile, summary] = jsonLines(told).filter(({ type }) => type !== 'job');
    expect(ofOpen).toMatchObject({ type: 'reconciled', file: open, session: openId, outcome: 'open' });
    expect(ofDone).toMatchObject({ type: 'archive', file: done, archiveId });
    expect(ofFile).toMatchObject({ type: 'reconciled', file, session: id, outcome: 'absent' });
    expect(summary).toMatchObject({ type: 'summary', archivedAlready: 1, notArchived: 1, unfinished: 1 });
    expect(told.code).toBe(0);
    const { stdout, stderr } = await plain(['reconcile', open, done]);
    expect(stdout).toBe(`${archiveId}  ${done}\n`);
    expect(stderr).toContain(`${done}: it is archived, as archive ${archiveId}\n`);
    expect(stderr).toContain(
      `${open}: its outcome is not unknown: glacier-up has not completed it: "glacier-up resume ${openId}" resumes it\n`,
    );
  });

  test('says that a session cannot be read, but not of another than is named', async () => {
    const { plain, clock, file, sessionFile } = await unfinished();
    clock.pass(2 * dayMs);
    writeFileSync(join(dirname(sessionFile()), `${'a'.repeat(20)}.json`), '{');
    const all = await plain(['reconcile']);
    expect(all.code).toBe(9);
    expect(all.stderr).toContain(`${file}: it was not completed`);
    const none = await plain(['reconcile']);
    expect(none.code).toBe(9);
    expect(none.stderr).toContain('no upload here has an unknown outcome');
  });

  test('says of one that turns out to be completed which archive it is', async () => {
    const place = await makeServedPlace(1000);
    await place.serve({ faults: ['complete:lose-reply'] });
    await place.run(['upload', place.file, '--retry-for', '0']);
    await place.serve({});
    const { code, stdout, stderr } = await place.plain(['reconcile', place.file]);
    const archiveId = place.receipts()[0]?.archiveId;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${archiveId}  ${place.file}\n` });
    expect(stderr).toContain(`${place.file}: it was completed, as archive ${archiveId}\n`);
    expect(stderr).not.toContain('no upload here');
  });
});
