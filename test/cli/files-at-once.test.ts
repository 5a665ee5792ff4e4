/** Files of one `upload` that are under way at the same time: order of the results, duplicates, and what ends them. */
import { copyFileSync, linkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { interruptWhen } from '../helpers/interrupt.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';

interface Relay {
  url: string;
  /** How many requests of each kind were open at the same time, at most. */
  most: Map<string, number>;
  /** Requests by kind, each with what it was about, as they came. */
  seen: { kind: string; description: string }[];
}

/** A relay in front of the served vault that holds a request until `mayPass`, and counts what is open. */
async function relayTo(
  target: string,
  mayPass: (open: number, kind: string, description: string) => Promise<void> = async () => {},
): Promise<Relay> {
  const most = new Map<string, number>();
  const openNow = new Map<string, number>();
  const relay: Relay = { url: '', most, seen: [] };
  const server = createServer((incoming, outgoing) => {
    const kind = kindOf(incoming);
    const description = String(incoming.headers['x-amz-archive-description'] ?? '');
    const open = (openNow.get(kind) ?? 0) + 1;
    openNow.set(kind, open);
    most.set(kind, Math.max(most.get(kind) ?? 0, open));
    relay.seen.push({ kind, description });
    void mayPass(open, kind, description).then(() => {
      const { method, url, headers } = incoming;
      const further = request(new URL(url ?? '', target), { method, headers }, (reply) => {
        openNow.set(kind, (openNow.get(kind) ?? 1) - 1);
        outgoing.writeHead(reply.statusCode ?? 0, reply.headers);
        reply.pipe(outgoing);
      });
      further.on('error', () => outgoing.destroy());
      incoming.pipe(further);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  relay.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return relay;
}

function kindOf({ method, url = '' }: IncomingMessage): string {
  const isUpload = /multipart-uploads\/./.test(url);
  if (!url.includes('multipart-uploads')) return 'describe';
  if (method === 'POST') return isUpload ? 'complete' : 'initiate';
  return method === 'PUT' ? 'part' : `${method}`;
}

async function withSmallFiles(count: number, sizeBytes = 1000): Promise<ServedPlace & { files: string[] }> {
  const place = await makeServedPlace(1000);
  const files = Array.from({ length: count }, (_, index) => {
    const file = join(place.folder, `small-${index}`);
    seededFile(file, sizeBytes, index + 10);
    return file;
  });
  return { ...place, files };
}

const namesIn = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(line.indexOf('  ') + 2));

describe('small files share the slots:', () => {
  test('with the default, 32 requests of small files are under way, and no more', async () => {
    const { run, files, url, archives } = await withSmallFiles(40);
    // The first of all goes alone; then each waits until as many are there as can be.
    let release: () => void = () => {};
    const full = new Promise<void>((resolve) => {
      release = resolve;
    });
    let initiates = 0;
    const relay = await relayTo(url(), async (open, kind) => {
      if (kind !== 'initiate') return;
      initiates += 1;
      if (initiates === 1) return;
      if (open >= 31) release();
      await full;
    });
    const { code } = await run(['upload', ...files, '--quiet'], {
      env: { AWS_ENDPOINT_URL_GLACIER: relay.url },
    });
    expect(code).toBe(0);
    expect(archives()).toHaveLength(40);
    expect(relay.most.get('initiate')).toBeGreaterThanOrEqual(31);
    expect(relay.most.get('initiate')).toBeLessThanOrEqual(32);
  });

  test('a full part takes a whole slot: with --concurrency 1 large files go one after the other', async () => {
    const { run, files, url } = await withSmallFiles(3, 2 * MiB);
    const relay = await relayTo(url());
    const alone = ['--concurrency', '1', '--part-size', '1M', '--quiet'];
    const { code } = await run(['upload', ...files, ...alone], {
      env: { AWS_ENDPOINT_URL_GLACIER: relay.url },
    });
    expect(code).toBe(0);
    const kinds = relay.seen.map(({ kind }) => kind).filter((kind) => kind !== 'describe');
    expect(kinds).toEqual(Array(3).fill(['initiate', 'part', 'part', 'complete']).flat());
  });
});

describe('results', () => {
  test('come in the order of the operands, though the first file takes longest', async () => {
    const { run, files, url, receipts } = await withSmallFiles(6);
    let completed = 0;
    let othersAreDone: () => void = () => {};
    const others = new Promise<void>((resolve) => {
      othersAreDone = resolve;
    });
    let isFirst = true;
    const relay = await relayTo(url(), async (_, kind) => {
      if (kind === 'complete') {
        completed += 1;
        if (completed === files.length - 1) othersAreDone();
      }
      // The part of the first file waits until all others are complete.
      if (kind === 'part' && isFirst) {
        isFirst = false;
        await others;
      }
    });
    const { code, stdout } = await run(['upload', ...files, '--quiet'], {
      env: { AWS_ENDPOINT_URL_GLACIER: relay.url },
    });
    expect(code).toBe(0);
    expect(namesIn(stdout)).toEqual(files);
    expect(receipts().at(-1)?.path).toBe(files[0]);
  });

  test('of files that are done are printed when the run is interrupted', async () => {
    const { run, files, archives } = await withSmallFiles(8);
    const { signal, stdout } = await run(['upload', ...files], interruptWhen(/small-\d: archived/, 3));
    expect(signal).toBe('SIGINT');
    const printed = stdout.split('\n').filter(Boolean);
    expect(printed.length).toBeGreaterThanOrEqual(3);
    expect(printed.length).toBeLessThanOrEqual(archives().length);
    const { code } = await run(['upload', ...files, '--quiet']);
    expect(code).toBe(0);
    expect(archives()).toHaveLength(8);
  });

  test('of --verbose name the file of every line', async () => {
    const { run, files, serve } = await withSmallFiles(3);
    await serve({ faults: ['upload-part#2:error=ServiceUnavailableException'] });
    const { stderr } = await run(['upload', ...files, '--verbose']);
    const lines = stderr.split('\n').filter((line) => /part |try 1 failed/.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const line of lines) expect(line).toMatch(/small-\d/);
  });
});

describe('one content is one archive:', () => {
  test('the same file named twice', async () => {
    const { run, files, archives, receipts } = await withSmallFiles(2);
    const [a = '', b = ''] = files;
    const { code, stdout } = await run(['upload', a, b, a, a, '--quiet']);
    expect(code).toBe(0);
    const ids = stdout.trimEnd().split('\n');
    expect(namesIn(stdout)).toEqual([a, b, a, a]);
    expect(ids[2]).toBe(ids[0]);
    expect(archives()).toHaveLength(2);
    expect(receipts().filter(({ kind }) => kind === undefined)).toHaveLength(2);
  });

  test.each([1000, 1.5 * MiB])('two hard links, and a copy, of one file of %d bytes', async (sizeBytes) => {
    const { run, files, folder, archives } = await withSmallFiles(1, sizeBytes);
    const [a = ''] = files;
    const link = join(folder, 'link');
    const copy = join(folder, 'copy');
    linkSync(a, link);
    copyFileSync(a, copy);
    const { code, stdout } = await run(['upload', a, link, copy, '--quiet']);
    expect(code).toBe(0);
    expect(
      new Set(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.split('  ')[0]),
      ).size,
    ).toBe(1);
    expect(archives()).toHaveLength(1);
  });

  test('--again makes one of each, as they are named', async () => {
    const { run, files, archives } = await withSmallFiles(1);
    const [a = ''] = files;
    const { code } = await run(['upload', a, a, '--again', '--quiet']);
    expect(code).toBe(0);
    expect(archives()).toHaveLength(2);
  });
});

describe('what ends the run', () => {
  test('credentials that are refused in the middle are told once', async () => {
    const { run, files, serve } = await withSmallFiles(40);
    await serve({ faults: ['complete#3-:error=AccessDeniedException'] });
    const result = await run(['upload', ...files, '--json']);
    expect(result.code).toBe(7);
    const errors = result.stderr.split('\n').filter((line) => line.includes('"type":"error"'));
    expect(errors).toHaveLength(1);
    const summary = jsonLines(result).at(-1) ?? {};
    expect(summary).toMatchObject({ type: 'summary', total: 40, failed: 1 });
    expect(Number(summary.interrupted)).toBeLessThan(33);
    await serve({});
    expect((await run(['upload', ...files, '--quiet'])).code).toBe(0);
  });

  test('a file that fails by itself does not keep the others from being archived', async () => {
    const { run, files, folder, archives } = await withSmallFiles(6);
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const { code, stdout } = await run(['upload', ...files.slice(0, 3), empty, ...files.slice(3), '--quiet']);
    expect(code).toBe(3);
    expect(namesIn(stdout)).toEqual(files);
    expect(archives()).toHaveLength(6);
  });

  test('a service that throttles gets fewer requests at a time', async () => {
    const { run, files, serve } = await withSmallFiles(12);
    await serve({ faults: ['initiate#3-6:error=ThrottlingException'] });
    const { code, stderr } = await run(['upload', ...files, '--verbose']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/sending 3 parts at a time: the service asked for less/);
  });
});
