/** Inventories of every size, format and encoding, and what becomes of one that is damaged. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import { makeContext } from '../helpers/cli.js';
import { type ListedArchive, listedArchives, writeInventory } from '../helpers/inventory.js';
import { jsonLines, makePlace, type Place } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const dayMs = 24 * 60 * 60 * 1000;

function archive(number: number): ListedArchive {
  return {
    ArchiveId: `archive-${String(number).padStart(7, '0')}`.padEnd(138, 'x'),
    ArchiveDescription: `photo ${number}.jpg`,
    CreationDate: '2020-01-01T00:00:00Z',
    Size: 1000 + number,
    SHA256TreeHash: number.toString(16).padStart(64, '0'),
  };
}

function archives(count: number): ListedArchive[] {
  return Array.from({ length: count }, (_, number) => archive(number));
}

/** Cuts the file off in the middle of its last entry. */
function cutOff(file: string): number {
  const bytes = readFileSync(file);
  const sizeBytes = bytes.length - 50;
  writeFileSync(file, bytes.subarray(0, sizeBytes));
  return sizeBytes;
}

/** A pipe that brings an inventory without end, and counts what was taken of it. */
function endlessInventory(): { stdin: Readable; takenBytes: () => number } {
  let takenBytes = 0;
  function* pieces() {
    yield Buffer.from('{"ArchiveList":[');
    for (let number = 0; ; number += 200) {
      const entries = Array.from({ length: 200 }, (_, index) => JSON.stringify(archive(number + index)));
      const piece = Buffer.from(`${entries.join()},`);
      takenBytes += piece.length;
      yield piece;
    }
  }
  return { stdin: Readable.from(pieces(), { highWaterMark: 1 }), takenBytes: () => takenBytes };
}

describe('an inventory that is printed', () => {
  test('is read no further than it can be written', async () => {
    const place = makePlace(1);
    const { stdin, takenBytes } = endlessInventory();
    const abort = { writes: 0, go: () => {} };
    const { context } = makeContext({ folder: place.folder, stdin });
    const stdout = {
      write: () => {},
      writeAll: () =>
        new Promise<void>((resolve) => {
          abort.writes += 1;
          abort.go = resolve;
        }),
      fault: undefined as Error | undefined,
    };
    const ending = main(['inventory', '--file', '-'], { ...context, stdout });
    for (let writes = 1; writes <= 20; writes += 1) {
      while (abort.writes < writes) await new Promise((resolve) => setImmediate(resolve));
      // What could be read ahead would be by now.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(takenBytes()).toBeLessThan((writes + 4) * 100_000);
      if (writes === 20) stdout.fault = Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
      abort.go();
    }
    // The reader is gone: it has what it wanted.
    expect(await ending).toEqual({ code: 0 });
  });

  test('ends by a signal though what it prints is not read', async () => {
    const place = makePlace(1);
    const { context } = makeContext({ folder: place.folder, stdin: endlessInventory().stdin });
    let isWriting = false;
    const writeAll = () => {
      isWriting = true;
      return new Promise<void>(() => {});
    };
    const ending = main(['inventory', '--file', '-'], { ...context, stdout: { write: () => {}, writeAll } });
    while (!isWriting) await new Promise((resolve) => setImmediate(resolve));
    (context.signals as unknown as NodeJS.EventEmitter).emit('SIGTERM');
    expect(await ending).toEqual({ signal: 'SIGTERM' });
  });

  test('is as long as its file, in order, as text and as JSON', async () => {
    const place = makePlace(1);
    const file = writeInventory(place, archives(3000));
    const { code, stdout } = await place.plain(['inventory', '--file', file]);
    expect(code).toBe(0);
    const expected = archives(3000).map(
      ({ ArchiveId, ArchiveDescription }) => `${ArchiveId} ${ArchiveDescription}`,
    );
    const printed = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  '));
    expect(printed.map(([id, , , description]) => `${id} ${description}`).join() === expected.join()).toBe(
      true,
    );
    const lines = jsonLines(await place.plain(['inventory', '--file', file, '--json']));
    expect(lines).toHaveLength(3001);
    expect(lines.at(-1)).toMatchObject({ type: 'inventory', archives: 3000, malformed: 0 });
  });

  test.each([
    ['has a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
    [
      'PowerShell wrote',
      (text: string) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}\r\n`, 'utf16le'),
    ],
    ['is UTF-16 the other way round', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['a program sorted and indented', (text: string) => Buffer.from(sorted(text))],
  ])('is read when its file %s', async (_, encode) => {
    const place = makePlace(1);
    const file = writeInventory(place, archives(500), { takenMs: Date.parse('2026-01-01T00:00:00Z') });
    writeFileSync(file, encode(readFileSync(file, 'utf8')));
    const lines = jsonLines(await place.plain(['inventory', '--file', file, '--json']));
    expect(lines).toHaveLength(501);
    expect(lines.at(-1)).toMatchObject({ vault: 'demo', takenAt: '2026-01-01T00:00:00Z', archives: 500 });
  });

  test('that lacks something in an entry shows the entry, marked', async () => {
    const place = makePlace(1);
    const file = join(place.folder, 'inventory.json');
    const { SHA256TreeHash: _, ...unhashed } = archive(1);
    writeFileSync(
      file,
      JSON.stringify({ ArchiveList: [unhashed, { ...archive(2), Size: '7' }, archive(3)] }),
    );
    const { code, stdout, stderr } = await place.plain(['inventory', '--file', file]);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      `${archive(1).ArchiveId}  2020-01-01T00:00:00Z  1001 bytes  photo 1.jpg  (no tree hash)`,
      `${archive(2).ArchiveId}  2020-01-01T00:00:00Z  7 bytes  photo 2.jpg  (its size is text)`,
      `${archive(3).ArchiveId}  2020-01-01T00:00:00Z  1003 bytes  photo 3.jpg`,
    ]);
    expect(stderr).toContain('2 entries of the inventory are faulty');
    const lines = jsonLines(await place.plain(['inventory', '--file', file, '--json']));
    expect(lines).toMatchObject([
      { type: 'faulty-entry', archiveId: archive(1).ArchiveId, treeHash: null, fault: 'no tree hash' },
      { type: 'faulty-entry', archiveId: archive(2).ArchiveId, sizeBytes: 7, fault: 'its size is text' },
      { type: 'inventoried-archive', archiveId: archive(3).ArchiveId },
      { type: 'inventory', archives: 1, malformed: 2 },
    ]);
  });

  test('and was saved by a spreadsheet has the quotes of its descriptions', async () => {
    const place = makePlace(1);
    const file = join(place.folder, 'inventory.csv');
    const hash = 'a'.repeat(64);
    writeFileSync(
      file,
      `\ufeffArchiveId;ArchiveDescription;CreationDate;Size;SHA256TreeHash\r\nid;"{""Path"":""a;b""}";2020-01-01T00:00:00Z;5;${hash}\r\n`,
    );
    const { code, stdout } = await place.plain(['inventory', '--file', file]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'id  2020-01-01T00:00:00Z  5 bytes  a;b\n',
    });
  });
});

/** As `jq -S` writes it: the list comes before what the inventory says of itself. */
function sorted(text: string): string {
  const fields = Object.entries(JSON.parse(text)).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(fields), null, 2)}\n`;
}

describe('an inventory that is cut off or damaged', () => {
  async function archivedPlace(): Promise<{ place: Place; file: string; cutByte: number }> {
    const place = makePlace(1000);
    await place.run(['upload', place.file]);
    const takenMs = Date.now() + 3 * dayMs;
    const file = writeInventory(place, [...archives(1000), ...listedArchives(place)], { takenMs });
    return { place, file, cutByte: cutOff(file) };
  }

  test('is found out and told by its byte; what was printed is not summed up', async () => {
    const { place, file, cutByte } = await archivedPlace();
    const { code, stdout, stderr } = await place.plain(['inventory', '--file', file, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'error',
      message: `the inventory is cut off at byte ${cutByte}`,
    });
    expect(new Set(jsonLines({ stdout } as never).map(({ type }) => type))).toEqual(
      new Set(['inventoried-archive']),
    );
  });

  test.each([
    ['receipts --against', ['receipts', '--against']],
    ['receipts --rebuild', ['receipts', '--vault', 'demo', '--rebuild']],
    ['treehash --inventory', ['treehash', 'FILE', '--inventory']],
    ['reconcile', ['reconcile', '--file']],
  ])('is not taken for the whole by %s', async (_, words) => {
    const { place, file, cutByte } = await archivedPlace();
    const before = readFileSync(join(place.folder, 'home/.local/share/glacier-up/receipts.jsonl'), 'utf8');
    const run = words.includes('--vault') ? ['--local', place.vaultFolder] : [];
    const given = [...words, file, ...run].map((word) => (word === 'FILE' ? place.file : word));
    const { code, stdout, stderr } = await place.plain(given);
    expect(stderr).toContain(`the inventory is cut off at byte ${cutByte}`);
    expect(code).toBe(1);
    expect(stdout).not.toMatch(/missing|FAILED|not found/);
    expect(readFileSync(join(place.folder, 'home/.local/share/glacier-up/receipts.jsonl'), 'utf8')).toBe(
      before,
    );
  });

  test('is not kept in place of the one before', async () => {
    const place = await makeServedPlace(1000);
    await place.run(['upload', place.file]);
    const listed = await place.run(['inventory']);
    const output = join(place.vaultFolder, 'vaults/1/jobs/2/output');
    place.clock.pass(dayMs);
    await place.run(['inventory', '--request']);
    // The service itself gives something that is no inventory, of the length that it says.
    writeFileSync(output, Buffer.alloc(statSync(output).size, ' '));
    expect((await place.run(['inventory'])).code).toBe(1);
    expect(await place.run(['inventory', '--kept'])).toMatchObject({ code: 0, stdout: listed.stdout });
    const kept = join(place.folder, 'home/.local/share/glacier-up/inventories');
    expect(readdirSync(kept).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('other readers of inventories', () => {
  test('hold receipts against one whose vault is said after the list, also from a pipe', async () => {
    const place = makePlace(1000);
    await place.run(['upload', place.file]);
    const file = writeInventory(place, [archive(1), ...listedArchives(place)], {
      takenMs: Date.now() + 3 * dayMs,
    });
    const text = sorted(readFileSync(file, 'utf8'));
    writeFileSync(file, text);
    const other = writeInventory(place, [], { vault: 'other' });
    for (const given of [
      await place.plain(['receipts', '--against', file]),
      await place.plain(['receipts', '--against', '-'], { stdin: text }),
    ]) {
      expect(given).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('1 confirmed, 1 unknown here'),
      });
    }
    expect(await place.plain(['receipts', '--against', other])).toMatchObject({ code: 0, stdout: '' });
    const wrong = await place.plain(['receipts', '--against', '-', '--vault', 'other'], { stdin: text });
    expect(wrong.code).toBe(2);
  });

  test('tell a receipt that only a faulty entry lists', async () => {
    const place = makePlace(1000);
    await place.run(['upload', place.file]);
    const [listed] = listedArchives(place) as [ListedArchive];
    const file = writeInventory(place, [{ ...listed, SHA256TreeHash: '' }], {
      takenMs: Date.now() + 3 * dayMs,
    });
    const { code, stdout } = await place.plain(['receipts', '--against', file, '--json']);
    expect(code).toBe(1);
    expect(jsonLines({ stdout } as never)).toMatchObject([
      { type: 'receipt-check', state: 'unproved', archiveId: listed.ArchiveId },
      { type: 'against', unproved: 1, missing: 0, malformed: 1 },
    ]);
  });

  test('print under --quiet what is not confirmed, with the totals, and else nothing', async () => {
    const place = makePlace(1000);
    await place.run(['upload', place.file]);
    const taken = { takenMs: Date.now() + 3 * dayMs };
    const against = (entries: readonly ListedArchive[]) =>
      place.plain(['receipts', '--against', writeInventory(place, entries, taken), '--quiet']);
    expect(await against([archive(1), ...listedArchives(place)])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^unknown {2}[^\n]+\n$/),
      stderr: expect.stringMatching(/^glacier-up: [^\n]+: 1 confirmed, 1 unknown here\n$/),
    });
    expect(await against(listedArchives(place))).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('rebuild receipts for another account than is named only if it is that of the inventory', async () => {
    const place = makePlace(1000);
    const file = writeInventory(place, [archive(1)]);
    const words = ['receipts', '--rebuild', file, '--vault', 'demo', '--region', 'us-east-1', '--account-id'];
    const wrong = await place.plain([...words, '999999999999']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('of account 012345678901') });
    expect((await place.plain([...words, '012345678901'])).code).toBe(0);
    expect(place.receipts()).toHaveLength(1);
  });

  test('rebuild receipts for another region than is named only if it is that of the inventory', async () => {
    const place = makePlace(1000);
    const file = writeInventory(place, [archive(1)]);
    const words = ['receipts', '--rebuild', file, '--vault', 'demo', '--region'];
    const wrong = await place.plain([...words, 'eu-west-1']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('in region us-east-1') });
    expect(place.receipts()).toEqual([]);
    expect((await place.plain([...words, 'us-east-1'])).code).toBe(0);
    expect(place.receipts()).toHaveLength(1);
  });

  test('find what is deleted in the kept inventory, which is read once for all', async () => {
    const place = await makeServedPlace(1000);
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      writeFileSync(join(place.folder, name), name);
      ids.push((await place.run(['upload', join(place.folder, name)])).stdout.trim());
      // An upload looks at the vault, which takes stock then.
      place.clock.pass(1000);
    }
    await place.run(['inventory']);
    rmSync(join(place.folder, 'home/.local/share/glacier-up/receipts.jsonl'));
    const { code, stdout } = await place.plain(['delete', '--dry-run', '--vault', 'demo', '--', ...ids]);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => /(\w)", 1 byte/.exec(line)?.[1])).toEqual([
      'a',
      'b',
      'c',
      undefined,
    ]);
  });

  test('never take an upload for absent from an inventory with faulty entries', async () => {
    const place = await makeServedPlace(1000);
    await place.serve({ faults: ['complete:cut'] });
    await place.run(['upload', place.file, '--retry-for', '0']);
    place.clock.pass(25 * 60 * 60 * 1000);
    await place.serve({});
    expect((await place.run(['upload', place.file])).code).toBe(6);
    const options = { takenMs: place.clock.now() + 3 * dayMs, region: 'eu-west-1' };
    const faulty = writeInventory(place, [{ ...archive(1), SHA256TreeHash: '' }], options);
    const { code, stderr } = await place.plain(['reconcile', '--file', faulty]);
    expect({ code, stderr }).toMatchObject({ code: 6, stderr: expect.stringContaining('1 of its entries') });
    expect(place.sessions()).toHaveLength(1);
    const sound = writeInventory(place, [archive(1)], options);
    expect((await place.plain(['reconcile', '--file', sound])).code).toBe(0);
    expect(place.sessions()).toEqual([]);
  });
});
