import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { GlacierUpError } from '../../../src/errors.js';
import { type StartThread, threadsOf } from '../../../src/os/thread.js';
import { HashPool } from '../../../src/treehash/pool.js';
import { shareFile, takeNoMore } from '../../../src/treehash/shared-file.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { type FakeClock, steppedClock } from '../../helpers/fake-clock.js';

const hashingThread = threadsOf(new URL('../../../dist/treehash/worker.js', import.meta.url));

/** A thread of a test, from the text of its program. */
function threadFrom(program: string): StartThread {
  return threadsOf(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
}

/** A pool that hashes nothing without threads. */
const poolOf = (start: StartThread, size: number) =>
  new HashPool(start, { size: () => size, clock: realClock, hereBytes: 0 });

const noThread: StartThread = () => {
  throw new Error('no thread was to be started');
};

const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 253));
let folder: string;
let fd: number;
let pool: HashPool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacier-up-pool-'));
  writeFileSync(join(folder, 'file'), content);
  fd = openSync(join(folder, 'file'), 'r');
  pool = poolOf(hashingThread, 2);
});
afterEach(async () => {
  await pool.close();
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

describe.each([
  ['on threads', 0],
  ['without a thread, as it does first', 16 * 1024 * 1024],
])('a pool %s', (_how, hereBytes) => {
  let pool: HashPool;
  beforeEach(() => {
    pool = new HashPool(hereBytes === 0 ? hashingThread : noThread, {
      size: () => 2,
      clock: realClock,
      hereBytes,
    });
  });
  afterEach(() => pool.close());

  it('hashes many ranges, each with its own answer', async () => {
    const ranges = Array.from({ length: 100 }, (_, index) => ({ start: index * 50, end: index * 50 + 50 }));
    const hashes = await Promise.all(
      ranges.map((range) => pool.hashRange({ fd, ...range, leafBytes: 7, linear: true })),
    );
    for (const [index, { rawTreeHash, rawSha256 }] of hashes.entries()) {
      const bytes = content.subarray(index * 50, index * 50 + 50);
      expect(rawTreeHash).toEqual(rawTreeHashOf(bytes, 7));
      expect(rawSha256).toEqual(createHash('sha256').update(bytes).digest());
    }
  });

  it('gives the plain SHA-256 only when asked for it', async () => {
    const { rawSha256 } = await pool.hashRange({ fd, start: 0, end: 10 });
    expect(rawSha256).toBeNull();
  });

  it('knows that up to one leaf both hashes are the same', async () => {
    const { rawTreeHash, rawSha256 } = await pool.hashRange({ fd, start: 0, end: 5000, linear: true });
    expect(rawSha256).toEqual(rawTreeHash);
    expect(rawTreeHash).toEqual(createHash('sha256').update(content).digest());
  });

  it('gives the plain SHA-256 alone, of many leaves too', async () => {
    const large = Buffer.alloc(2 * 1024 * 1024 + 5, 'large');
    writeFileSync(join(folder, 'plain'), large);
    const largeFd = openSync(join(folder, 'plain'), 'r');
    const rawSha256 = await pool.rawSha256({ fd: largeFd, start: 1, end: large.length });
    closeSync(largeFd);
    expect(rawSha256).toEqual(createHash('sha256').update(large.subarray(1)).digest());
  });

  it('hashes leaves larger than one read', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024 + 5, 'large');
    writeFileSync(join(folder, 'large'), large);
    const largeFd = openSync(join(folder, 'large'), 'r');
    const leafBytes = 700_001;
    const { rawTreeHash, rawSha256 } = await pool.hashRange({
      fd: largeFd,
      start: 0,
      end: large.length,
      linear: true,
      leafBytes,
    });
    closeSync(largeFd);
    expect(rawTreeHash).toEqual(rawTreeHashOf(large, leafBytes));
    expect(rawSha256).toEqual(createHash('sha256').update(large).digest());
  });

  it('says where a file ended that is shorter than it was', async () => {
    await expect(pool.hashRange({ fd, start: 4000, end: 6000, leafBytes: 100 })).rejects.toMatchObject({
      code: 'archive-changed',
      message: 'the file ends at byte 5000: it shrank while being read',
    });
  });

  it('says where a file could not be read, and why', async () => {
    await expect(pool.hashRange({ fd: 123_456, start: 3, end: 6 })).rejects.toMatchObject({
      code: 'archive-unusable',
      message: 'cannot be read at byte 3: EBADF',
    });
  });

  it('goes on after a range that failed', async () => {
    await expect(pool.hashRange({ fd: 123_456, start: 0, end: 1 })).rejects.toThrow(GlacierUpError);
    await expect(pool.hashRange({ fd, start: 0, end: 1 })).resolves.toBeDefined();
  });
});

describe('how much a pool hashes before it starts a thread', () => {
  /** A pool that hashes so much without one, and how many it has started. */
  function poolWith(hereBytes: number) {
    let started = 0;
    const start: StartThread = (given) => {
      started += 1;
      return hashingThread(given);
    };
    return {
      counted: new HashPool(start, { size: () => 2, clock: realClock, hereBytes }),
      started: () => started,
    };
  }
  const hash = (of: HashPool, end: number) => of.hashRange({ fd, start: 0, end });

  it('is counted over all ranges', async () => {
    const { counted, started } = poolWith(100);
    await Promise.all([hash(counted, 60), hash(counted, 40)]);
    expect(started()).toBe(0);
    await hash(counted, 1);
    expect(started()).toBe(1);
    await counted.close();
  });

  it('decides whether a thread is started ahead', async () => {
    const { counted, started } = poolWith(100);
    counted.start(100);
    await hash(counted, 1);
    expect(started()).toBe(0);
    counted.start(100);
    expect(started()).toBe(1);
    // There is one now.
    const { rawTreeHash } = await hash(counted, 5);
    expect(rawTreeHash).toEqual(rawTreeHashOf(content.subarray(0, 5)));
    await counted.close();
  });

  it('does not matter where it is not known how much there will be', async () => {
    const { counted, started } = poolWith(100);
    counted.start();
    expect(started()).toBe(1);
    await counted.close();
  });

  it('is nothing once it is closed', async () => {
    const { counted } = poolWith(100);
    await counted.close();
    await expect(hash(counted, 1)).rejects.toThrow('have been stopped');
  });
});

describe('ranges that are sent once they are hashed', () => {
  const aRange = { start: 0, end: 1 };
  let started: FakeThread[];
  let clock: FakeClock;
  let patient: HashPool;

  /** Answers when it is told to. */
  class FakeThread {
    readonly #listeners = new Map<string, (value: unknown) => void>();
    readonly asked: unknown[] = [];
    on(name: string, listener: (value: unknown) => void) {
      this.#listeners.set(name, listener);
      return this;
    }
    postMessage = (request: unknown) => void this.asked.push(request);
    ref() {}
    unref() {}
    terminate = async () => 0;
    answer() {
      this.#listeners.get('message')?.({
        reply: { kind: 'hashed', rawTreeHash: new Uint8Array(32), rawSha256: null },
      });
    }
  }

  beforeEach(() => {
    started = [];
    clock = steppedClock();
    const start = () => {
      const thread = new FakeThread();
      started.push(thread);
      return thread as unknown as ReturnType<StartThread>;
    };
    patient = new HashPool(start, { size: () => 3, clock, hereBytes: 0 });
  });
  afterEach(() => patient.close());

  const ask = (beforeSending: boolean) => {
    const hashing = patient.hashRange({ fd, ...aRange, beforeSending });
    hashing.catch(() => {});
    return hashing;
  };

  it('wait for the first thread, since sending takes longer', async () => {
    const [first] = [ask(true), ask(true), ask(true)];
    clock.pass(1999);
    void ask(true);
    expect(started).toHaveLength(1);
    started[0]?.answer();
    await first;
    expect(started[0]?.asked).toHaveLength(2);
    expect(started).toHaveLength(1);
  });

  it('get another thread when there was a line for two seconds, and a further one two seconds later', () => {
    for (let index = 0; index < 8; index += 1) void ask(true);
    for (const [ms, threads] of [
      [1999, 1],
      [1, 2],
      [1999, 2],
      [1, 3],
      [9999, 3],
    ] as const) {
      clock.pass(ms);
      expect(started).toHaveLength(threads);
    }
    expect(started.map(({ asked }) => asked.length)).toEqual([1, 1, 1]);
  });

  it('get none when the line has ended meanwhile', () => {
    void ask(true);
    void ask(true);
    clock.pass(1000);
    started[0]?.answer();
    void ask(true);
    clock.pass(1500);
    void ask(true);
    expect(started).toHaveLength(1);
  });

  it('go to a thread that there is, also when they could be hashed without', () => {
    let asked = 0;
    const size = () => {
      asked += 1;
      return 1;
    };
    const thread = new FakeThread();
    const start = () => thread as unknown as ReturnType<StartThread>;
    const ready = new HashPool(start, { size, clock, hereBytes: 100 });
    ready.start(101);
    for (let count = 0; count < 3; count += 1) {
      ready.hashRange({ fd, ...aRange, beforeSending: true }).catch(() => {});
      thread.answer();
    }
    expect(thread.asked).toHaveLength(3);
    // The first is being hashed; for each of the others a thread is looked for.
    for (let count = 0; count < 3; count += 1) ready.hashRange({ fd, ...aRange }).catch(() => {});
    expect(thread.asked).toHaveLength(4);
    expect(asked).toBe(1);
    return ready.close();
  });

  it('do not hold up others, which get a thread each at once', () => {
    void ask(true);
    void ask(true);
    void ask(false);
    expect(started).toHaveLength(3);
  });
});

describe('a pool of hashing threads', () => {
  it('lets several threads take part in one file, and hashes other ranges meanwhile', async () => {
    const file = shareFile({ fd, sizeBytes: content.length, rangeBytes: 14, leafBytes: 7 });
    const hashes = new Map<number, Buffer>();
    const joinHashing = () =>
      pool.joinHashing(file, (index, rawTreeHash) => void hashes.set(index, rawTreeHash));
    const [other] = await Promise.all([
      pool.hashRange({ fd, start: 0, end: 100, leafBytes: 7 }),
      joinHashing(),
      joinHashing(),
      joinHashing(),
    ]);
    expect(other.rawTreeHash).toEqual(rawTreeHashOf(content.subarray(0, 100), 7));
    expect(hashes.size).toBe(Math.ceil(content.length / 14));
    for (const [index, rawTreeHash] of hashes) {
      expect(rawTreeHash).toEqual(rawTreeHashOf(content.subarray(index * 14, index * 14 + 14), 7));
    }
  });

  it('takes no more ranges of a file once one has failed', async () => {
    const file = shareFile({ fd, sizeBytes: 1e12, rangeBytes: 1000, leafBytes: 1000 });
    const taken: number[] = [];
    await expect(pool.joinHashing(file, (index) => void taken.push(index))).rejects.toMatchObject({
      code: 'archive-changed',
      message: 'the file ends at byte 5000: it shrank while being read',
    });
    const takenByThen = Atomics.load(file.taken, 0);
    takeNoMore(file);
    expect(taken).toEqual([0, 1, 2, 3, 4]);
    expect(takenByThen).toBeGreaterThanOrEqual(1e9);
  });

  it('rejects the part of a thread that died', async () => {
    const leaving = poolOf(threadFrom('process.exit(3)'), 1);
    const file = shareFile({ fd, sizeBytes: 10, rangeBytes: 1, leafBytes: 1 });
    await expect(leaving.joinHashing(file, () => {})).rejects.toThrow('a hashing thread died');
    await leaving.close();
  });

  it('rejects what is being hashed and what waits when it is closed, and everything afterwards', async () => {
    const silent = poolOf(threadFrom('setInterval(() => {}, 1000)'), 1);
    const endings = Promise.allSettled([1, 2, 3].map(() => silent.hashRange({ fd, start: 0, end: 1 })));
    await silent.close();
    for (const ending of await endings) {
      expect(ending).toMatchObject({ status: 'rejected', reason: { message: 'hashing was stopped' } });
    }
    await expect(silent.hashRange({ fd, start: 0, end: 1 })).rejects.toThrow('have been stopped');
  });

  it('can be closed twice, and without ever having been used', async () => {
    const unused = poolOf(hashingThread, 2);
    await unused.close();
    await expect(unused.close()).resolves.toBeUndefined();
  });

  it('can start a thread ahead of its first range, which then hashes it', async () => {
    const program = `
      import { parentPort, threadId } from 'node:worker_threads';
      parentPort.on('message', () => {
        const rawTreeHash = new Uint8Array(32).fill(threadId);
        parentPort.postMessage({ reply: { kind: 'hashed', rawTreeHash, rawSha256: null } });
      });`;
    const ahead = poolOf(threadFrom(program), 2);
    ahead.start();
    ahead.start();
    const first = await ahead.hashRange({ fd, start: 0, end: 1 });
    await ahead.close();
    // Threads are numbered as they are made: no other was.
    const later = poolOf(threadFrom(program), 1);
    const { rawTreeHash } = await later.hashRange({ fd, start: 0, end: 1 });
    await later.close();
    expect(rawTreeHash[0]).toBe((first.rawTreeHash[0] ?? 0) + 1);
    ahead.start();
    await expect(ahead.hashRange({ fd, start: 0, end: 1 })).rejects.toThrow('have been stopped');
  });

  it('starts another thread in the place of one that died ahead of its first range', async () => {
    const trace = join(folder, 'trace');
    const program = `
      import { existsSync, writeFileSync } from 'node:fs';
      import { parentPort } from 'node:worker_threads';
      const isFirst = !existsSync(${JSON.stringify(trace)});
      writeFileSync(${JSON.stringify(trace)}, '');
      if (isFirst) process.exit(1);
      const reply = { kind: 'hashed', rawTreeHash: new Uint8Array(32), rawSha256: null };
      parentPort.on('message', () => parentPort.postMessage({ reply }));`;
    const fragile = poolOf(threadFrom(program), 1);
    fragile.start();
    // A range that comes while it is dying is lost with it.
    const hashes = () => fragile.hashRange({ fd, start: 0, end: 1 });
    await hashes().catch(hashes);
    await fragile.close();
  });

  it('rejects the range of a thread that died with an error, and keeps the cause', async () => {
    const dying = poolOf(threadFrom('throw new Error("out of luck")'), 1);
    const ranges = [1, 2, 3].map(() => dying.hashRange({ fd, start: 0, end: 1 }));
    for (const ending of await Promise.allSettled(ranges)) {
      expect(ending).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'internal',
          message: 'a hashing thread died: out of luck',
          cause: { message: 'out of luck' },
        },
      });
    }
    await dying.close();
  });

  it('rejects the range of a thread that left without a word', async () => {
    const leaving = poolOf(threadFrom('process.exit(3)'), 1);
    await expect(leaving.hashRange({ fd, start: 0, end: 1 })).rejects.toMatchObject({
      code: 'internal',
      message: 'a hashing thread died: it ended with code 3',
    });
    await leaving.close();
  });

  it('starts another thread in the place of one that died', async () => {
    const program = `
      import { parentPort, threadId } from 'node:worker_threads';
      parentPort.on('message', ({ range }) => {
        if (range.start === 0) process.exit(1);
        const reply = { kind: 'hashed', rawTreeHash: new Uint8Array(32), rawSha256: null };
        parentPort.postMessage({ reply });
      });`;
    const fragile = poolOf(threadFrom(program), 1);
    const [first, second] = await Promise.allSettled([
      fragile.hashRange({ fd, start: 0, end: 1 }),
      fragile.hashRange({ fd, start: 1, end: 2 }),
    ]);
    expect(first.status).toBe('rejected');
    expect(second.status).toBe('fulfilled');
    await fragile.close();
  });
});
