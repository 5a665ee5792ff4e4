/** What `retrieve` says of an archive, what it notes in the receipts, and the time that its file gets. */
import { readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB } from '../helpers/bytes.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

/** A file whose time is of 2001, and its archive. */
async function archived(sizeBytes = 1000, words: string[] = []) {
  const place = await makeServedPlace(sizeBytes);
  utimesSync(place.file, 1_000_000_000, 1_000_000_000);
  const archiveId = (await place.run(['upload', place.file, ...words])).stdout.trim();
  const out = join(place.folder, 'out');
  const byId = (command: string[]) => place.plain([...command, '--vault', 'demo', '--', archiveId]);
  return {
    ...place,
    archiveId,
    out,
    retrieve: (more: string[] = []) => byId(['retrieve', '-o', out, ...more]),
    deleted: (more: string[] = []) => byId(['delete', '--yes', '--force', ...more]),
    notes: () => place.receipts().filter(({ kind }) => kind !== undefined),
  };
}

describe('an archive that is not in its vault any more', () => {
  test('is noted as gone, and is asked for by its ID all the same', async () => {
    const { retrieve, deleted, notes, archiveId, plain, file, folder } = await archived();
    // By another machine.
    await deleted(['--state-dir', join(folder, 'other')]);
    expect((await retrieve()).code).toBe(8);
    expect(notes()).toMatchObject([{ archiveId, reason: 'not-found' }]);
    const again = await retrieve();
    expect(again.code).toBe(8);
    expect(again.stderr).toContain(
      'the archive may not exist any more: the service could not find it (noted on 2026-03-01T12:00:00.000Z); asking for it all the same',
    );
    expect(notes()).toHaveLength(1);
    expect((await plain(['retrieve', '--vault', 'demo', file])).stderr).toContain('does not exist any more');
  });

  test('is not noted when the options lead to another vault', async () => {
    const { notes, deleted, archiveId, plain, out, folder } = await archived();
    await deleted(['--state-dir', join(folder, 'other')]);
    const words = ['retrieve', '--vault', 'demo', '--region', 'us-east-1', '-o', out, '--', archiveId];
    expect((await plain(words)).code).toBe(8);
    expect(notes()).toEqual([]);
  });

  test('is not what any other refusal says', async () => {
    const { retrieve, serve, notes } = await archived();
    await serve({ faults: ['initiate-job:error=AccessDeniedException'] });
    expect((await retrieve()).code).toBe(7);
    expect(notes()).toEqual([]);
  });
});

describe('the file of an archive', () => {
  const mtglacier = 'mt2 eyJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoiLCJmaWxlbmFtZSI6ImRpci9jYWbDqS50eHQifQ';
  const timeOf = (file: string) => statSync(file).mtime.toISOString();

  test('has the time that its receipt knows, given once', async () => {
    const { retrieve, out } = await archived();
    const said = (await retrieve()).stderr;
    expect(said).toContain(`${out}: retrieved, 1000 bytes, tree hash `);
    expect(timeOf(out)).toBe('2001-09-09T01:46:40.000Z');
    utimesSync(out, 2_000_000_000, 2_000_000_000);
    const again = await retrieve();
    expect(again.stderr).not.toContain('retrieved, ');
    expect(timeOf(out)).toBe('2033-05-18T03:33:20.000Z');
    expect(jsonLines(await retrieve(['--json']))).toMatchObject([{ type: 'retrieved', jobId: null }]);
  });

  test('has the time that its description says, where there is no receipt', async () => {
    const { retrieve, out, run, folder } = await archived(1000, ['--description', mtglacier]);
    await run(['inventory']);
    rmSync(join(folder, 'home/.local/share/glacier-up/receipts.jsonl'));
    expect((await retrieve()).code).toBe(0);
    expect(timeOf(out)).toBe('2012-11-14T20:16:18.000Z');
  });

  test('keeps the time of the download, where nothing says another', async () => {
    const before = Date.now();
    const { retrieve, out, folder } = await archived();
    rmSync(join(folder, 'home'), { recursive: true });
    expect((await retrieve()).code).toBe(0);
    expect(statSync(out).mtimeMs).toBeGreaterThan(before - 1000);
  });

  test('keeps it, too, when it is a range of the archive alone', async () => {
    const { retrieve, out, file } = await archived(2 * MiB);
    expect((await retrieve(['--range', `0-${MiB - 1}`])).code).toBe(0);
    expect(readFileSync(out).equals(readFileSync(file).subarray(0, MiB))).toBe(true);
    expect(statSync(out).mtimeMs).toBeGreaterThan(Date.parse('2020-01-01'));
  });
});

describe('where no vault is named', () => {
  test('what is no archive is exit 4', async () => {
    const { plain } = await archived();
    expect((await plain(['retrieve', 'nothing.tar'])).code).toBe(4);
  });

  test('an archive with a receipt is found', async () => {
    const { plain, archiveId, out } = await archived();
    const words = ['retrieve', '-o', out, '--region', 'eu-west-1', '--', archiveId];
    expect(await plain(words)).toMatchObject({ code: 0, stdout: `${out}\n` });
  });
});
