/** An archive brought back from the vault in memory, whose answers a test may spoil. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { OutputRequest } from '../../../src/glacier/jobs.js';
import { type RetrieveDeps, type RetrieveRequest, retrieve } from '../../../src/retrieval/retrieve.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { transfer } from '../../../src/transfer/transfer.js';
import { MiB, seededFile } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';

sharedPool();
const sizeBytes = 3 * MiB + 5;

let place: Awaited<ReturnType<typeof memoryPlace>>;
let archiveId: string;
let bytes: Buffer;
let out: string;
let known: RetrieveRequest['known'];

beforeEach(async () => {
  place = await memoryPlace();
  const file = join(place.folder, 'photos.tar');
  bytes = seededFile(file, sizeBytes);
  const { deps } = await place.next();
  const { receipt } = await transfer(deps, { file, mode: 'upload', partSizeBytes: MiB });
  archiveId = receipt.archiveId;
  known = { sizeBytes, treeHash: receipt.treeHash };
  out = join(place.folder, 'back.tar');
  place.vault.requests.length = 0;
});

type Spoil = (
  count: number,
  output: OutputRequest,
  read: () => Promise<string | null>,
) => Promise<string | null>;

interface Run {
  request?: Partial<RetrieveRequest>;
  /** What becomes of the answer to the n-th request for output, from 1. */
  spoil?: (
    count: number,
    output: OutputRequest,
    read: () => Promise<string | null>,
  ) => Promise<string | null>;
  options?: Partial<RetrieveDeps>;
}

/** One run of the command, as a process of its own would make it. */
async function run({ request = {}, spoil, options = {} }: Run = {}) {
  const { deps, events } = await place.next();
  let count = 0;
  const { vault } = deps;
  const readJobOutput: typeof vault.readJobOutput = (output, signal) => {
    count += 1;
    const read = () => vault.readJobOutput(output, signal);
    return spoil ? spoil(count, output, read) : read();
  };
  const retrieveDeps: RetrieveDeps = { ...deps, vault: { ...vault, readJobOutput }, ...options };
  const asked = { archiveId, range: null, tier: null, out, force: false, wait: true, known, ...request };
  const result = await retrieve(retrieveDeps, asked).then(
    (retrieved) => ({ retrieved, error: null }),
    (error: Error & { code?: string }) => ({ retrieved: null, error }),
  );
  return { ...result, events, outputs: count };
}

const isBack = () => readFileSync(out).equals(bytes);
const shown = (events: readonly TransferEvent[]) =>
  events.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.sizeBytes : 0), 0);
const leftovers = () => [`${out}.part`, `${out}.part.ranges`].filter((name) => existsSync(name));

describe('an archive', () => {
  test('comes back as it was, under its name and with nothing beside it', async () => {
    const { retrieved, events } = await run();
    expect(retrieved).toMatchObject({
      sizeBytes,
      treeHash: known?.treeHash,
      range: { start: 0, end: sizeBytes },
    });
    expect(isBack()).toBe(true);
    expect(leftovers()).toEqual([]);
    expect(shown(events)).toBe(sizeBytes);
    expect(events.find(({ kind }) => kind === 'retrieving')).toMatchObject({
      totalBytes: sizeBytes,
      keptBytes: 0,
      keptRanges: 0,
    });
    expect(events.at(-1)).toEqual({ kind: 'ended' });
  });

  test('is brought by a job that is done, without another one', async () => {
    await run();
    await run({ request: { out: `${out}.2` } });
    expect(place.vault.requests.filter((name) => name === 'initiateJob')).toHaveLength(1);
  });

  test('comes back in part where a tree hash proves the part', async () => {
    const range = { start: MiB, end: 2 * MiB };
    const { retrieved } = await run({ request: { range } });
    expect(retrieved).toMatchObject({ sizeBytes: MiB, range });
    expect(readFileSync(out).equals(bytes.subarray(MiB, 2 * MiB))).toBe(true);
  });

  test.each([
    [
      'goes beyond the archive',
      { start: 0, end: 4 * MiB },
      true,
      'beyond the archive, which has 3145733 bytes',
    ],
    ['nothing proves', { start: MiB, end: 3 * MiB }, true, 'not tree-hash aligned'],
    ['nothing proves to its end', { start: MiB, end: sizeBytes }, true, 'not tree-hash aligned'],
    ['may not be proved by anything', { start: MiB, end: 3 * MiB }, false, 'not tree-hash aligned'],
  ])(
    'of which a part is wanted that %s is refused before a job is paid for',
    async (_, range, isKnown, text) => {
      const { error } = await run({ request: { range, ...(isKnown ? {} : { known: null }) } });
      expect(error).toMatchObject({ code: 'usage' });
      expect(error?.message).toContain(text);
      expect(place.vault.requests).toEqual([]);
    },
  );

  test('with another tree hash or size than here is not downloaded', async () => {
    const treeHash = known?.treeHash ?? '';
    for (const other of [
      { sizeBytes: sizeBytes + 1, treeHash },
      { sizeBytes, treeHash: '00'.repeat(32) },
    ]) {
      const { error, outputs } = await run({ request: { known: other } });
      expect(error).toMatchObject({ code: 'hash-mismatch' });
      expect(outputs).toBe(0);
    }
  });
});

describe('the time that a range should take', () => {
  /** What is said of it before any bytes have come, and when all have come after so many seconds. */
  async function expected(seconds: number, options: Run['options'] = {}) {
    const said: (number | undefined)[] = [];
    const spoil: Spoil = async (_, output, read) => {
      const { openSink } = output;
      const say = () => {
        const ms = output.expectedMs?.();
        said.push(ms === undefined ? ms : Math.round(ms));
      };
      output.openSink = () => {
        const take = openSink();
        say();
        return async (piece) => {
          place.clock.pass(seconds * 1000);
          await take(piece);
          say();
        };
      };
      return read();
    };
    expect((await run({ spoil, options })).error).toBe(null);
    return said;
  }

  test('is not known before bytes come, and follows the rate at which they came', async () => {
    expect(await expected(10)).toEqual([undefined, 10_000]);
  });

  test('is not said of a line that is as good as dead, unless a limit on the rate makes it slow', async () => {
    const limit = { take: async () => {}, stepBytes: 1 };
    expect(await expected(3200)).toEqual([undefined, undefined]);
    rmSync(out);
    expect(await expected(3200, { limit })).toEqual([undefined, 3_200_000]);
  });
});

describe('bytes that are not those of their tree hash', () => {
  /** The bytes of these requests arrive with one changed. */
  const damaging =
    (isDamaged: (count: number) => boolean): Spoil =>
    (count, output, read) => {
      if (!isDamaged(count)) return read();
      const { openSink } = output;
      output.openSink = () => {
        const take = openSink();
        return (piece) => take(Buffer.from(piece).fill(0, 0, 1));
      };
      return read();
    };

  test('are fetched again', async () => {
    const { error, events } = await run({ spoil: damaging((count) => count <= 2) });
    expect(error).toBe(null);
    expect(isBack()).toBe(true);
    expect(events.filter(({ kind }) => kind === 'note')).toHaveLength(2);
    expect(shown(events)).toBe(sizeBytes);
  });

  test('three times end the run; the file does not get its name', async () => {
    const { error, outputs, events } = await run({
      spoil: damaging(() => true),
      options: { concurrency: 1 },
    });
    expect(error).toMatchObject({ code: 'hash-mismatch' });
    expect(outputs).toBe(3);
    expect(shown(events)).toBe(0);
    expect(existsSync(out)).toBe(false);
  });

  test('are found with the whole where the service names no hash for a range, and fetched again by the next run', async () => {
    const nameless: Spoil = async (count, output, read) => {
      await damaging((number) => number === 1)(count, output, read);
      return null;
    };
    const { error } = await run({ spoil: nameless });
    expect(error).toMatchObject({ code: 'hash-mismatch' });
    expect(error?.message).toContain('the file has tree hash');
    expect(existsSync(out)).toBe(false);
    expect((await run()).error).toBe(null);
    expect(isBack()).toBe(true);
  });
});

describe('a download that was interrupted', () => {
  const large = 32 * MiB + 5;

  /** Two ranges are proved, then nothing is to be had. */
  async function interrupt(): Promise<void> {
    const file = join(place.folder, 'large.tar');
    bytes = seededFile(file, large);
    const { deps } = await place.next();
    const { receipt } = await transfer(deps, { file, mode: 'upload' });
    archiveId = receipt.archiveId;
    known = { sizeBytes: large, treeHash: receipt.treeHash };
    const spoil: Spoil = (count, _, read) =>
      count <= 2 ? read() : Promise.reject(Object.assign(new Error('the line is cut')));
    const { error } = await run({ spoil, options: { concurrency: 1 } });
    expect(error?.message).toBe('the line is cut');
    expect(leftovers()).toHaveLength(2);
  }

  test('goes on where it was, and says what is there', async () => {
    await interrupt();
    const { outputs, events, error } = await run();
    expect(error).toBe(null);
    expect(isBack()).toBe(true);
    const retrieving = events.find((event) => event.kind === 'retrieving');
    expect(retrieving).toMatchObject({ keptRanges: 2, totalBytes: large });
    if (retrieving?.kind !== 'retrieving') throw new Error('nothing was said');
    expect(outputs).toBe(retrieving.totalRanges - 2);
    expect(shown(events)).toBe(large - retrieving.keptBytes);
    const hashing = events.filter((event) => event.kind === 'hashing' || event.kind === 'hashed');
    expect(hashing.map((event) => ('sizeBytes' in event ? event.sizeBytes : -event.totalBytes))).toEqual(
      expect.arrayContaining([-retrieving.keptBytes]),
    );
  });

  test('fetches again what is not on the disk any more', async () => {
    await interrupt();
    truncateSync(`${out}.part`, 100);
    const { events } = await run();
    expect(isBack()).toBe(true);
    expect(events.find((event) => event.kind === 'retrieving')).toMatchObject({
      keptRanges: 0,
      keptBytes: 0,
    });
  });

  test('is not mixed with another archive, unless that is forced', async () => {
    await interrupt();
    const file = join(place.folder, 'other.tar');
    const other = seededFile(file, 1000);
    const { deps } = await place.next();
    const { receipt } = await transfer(deps, { file, mode: 'upload' });
    const request = { archiveId: receipt.archiveId, known: { sizeBytes: 1000, treeHash: receipt.treeHash } };
    const { error } = await run({ request });
    expect(error).toMatchObject({ code: 'usage' });
    expect(error?.message).toContain('is of another archive or range');
    expect((await run({ request: { ...request, force: true } })).error).toBe(null);
    expect(readFileSync(out).equals(other)).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});

describe('a file that is there', () => {
  test('and is the archive is proved again, and nothing is asked of the service', async () => {
    writeFileSync(out, bytes);
    const { retrieved, events } = await run();
    expect(retrieved).toEqual({
      sizeBytes,
      treeHash: known?.treeHash,
      range: { start: 0, end: sizeBytes },
      jobId: null,
    });
    expect(place.vault.requests).toEqual([]);
    expect(events).toMatchObject([{ kind: 'note' }]);
  });

  test.each([
    ['other bytes of the same size', () => Buffer.alloc(sizeBytes)],
    ['a file of another size', () => bytes.subarray(1)],
  ])('and is %s is not overwritten, unless that is forced', async (_, there) => {
    writeFileSync(out, there());
    expect((await run()).error).toMatchObject({ code: 'usage' });
    expect(readFileSync(out).equals(there())).toBe(true);
    expect((await run({ request: { force: true } })).error).toBe(null);
    expect(isBack()).toBe(true);
  });

  test('and of which nothing is known is not overwritten', async () => {
    writeFileSync(out, bytes);
    expect((await run({ request: { known: null } })).error).toMatchObject({ code: 'usage' });
    expect(place.vault.requests).toEqual([]);
  });

  test('with what a crash left beside it is tidied up', async () => {
    const range = { start: 0, end: sizeBytes };
    writeFileSync(out, bytes);
    const header = { schema: 1, archiveId, range: `0-${range.end - 1}`, treeHash: known?.treeHash };
    writeFileSync(`${out}.part.ranges`, `${JSON.stringify({ ...header, pieceSizeBytes: MiB })}\n`);
    // Without a receipt, too, what is left beside it tells what it is.
    expect((await run({ request: { known: null } })).retrieved).toMatchObject({ jobId: null });
    expect(leftovers()).toEqual([]);
  });
});

describe('bytes of another archive beside the file', () => {
  const header = {
    schema: 1,
    archiveId: 'another',
    range: '0-9',
    treeHash: '00'.repeat(32),
    pieceSizeBytes: MiB,
  };
  beforeEach(() => {
    writeFileSync(`${out}.part`, 'ten bytes!');
    writeFileSync(`${out}.part.ranges`, `${JSON.stringify(header)}\n`);
  });

  test('are in the way, which is said before a job is paid for', async () => {
    expect((await run()).error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('another'),
      hint: expect.stringContaining('--force'),
    });
    expect(place.vault.requests).toEqual([]);
    expect(readFileSync(`${out}.part`, 'utf8')).toBe('ten bytes!');
  });
});

describe('a name that no file can get', () => {
  test.each([
    ['a folder', () => mkdirSync(out)],
    ['a symbolic link where the bytes are to go', () => symlinkSync('nowhere', `${out}.part`)],
  ])('since it is %s, is refused before a job is paid for', async (_, make) => {
    make();
    const { error } = await run({ request: { force: true } });
    expect(error).toMatchObject({ code: 'usage' });
    expect(place.vault.requests).toEqual([]);
  });

  test('in a folder that does not exist is refused, too', async () => {
    const { error } = await run({ request: { out: join(place.folder, 'none/back.tar') } });
    expect(error).toMatchObject({ code: 'output-unwritable' });
    expect(place.vault.requests).toEqual([]);
  });
});
