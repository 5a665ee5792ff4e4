// Measures the embedded vault's bar: wall time of receiving 1 GiB in 64 MiB parts, all checks on and Complete
// included, divided by (two `openssl dgst -sha256` passes over the same file + `cp` of it).
//
//   npx tsc && node bench/receive.mjs [ROUNDS] [CONNECTIONS] [FOLDER]
import { execFileSync, fork } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TreeHasher } from '../dist/server/tree-hash.js';

const MIB = 1024 * 1024;
const SIZE_BYTES = 1024 * MIB;
const PART_BYTES = 64 * MIB;

const rounds = Number(process.argv[2] ?? 3);
const connections = Number(process.argv[3] ?? 4);
const folder = mkdtempSync(join(process.argv[4] ?? tmpdir(), 'bench-receive-'));

if (process.send) await beServer();
else await measure();

async function beServer() {
  const { startVaultServer } = await import('../dist/server/index.js');
  const { url } = await startVaultServer({ dir: join(process.env.BENCH_FOLDER, 'vault') });
  process.send(url);
  process.on('message', () => {
    process.send({ rssMiB: Math.round(process.resourceUsage().maxRSS / 1024), cpuMs: cpuMs() });
  });
}

function cpuMs() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return Math.round((userCPUTime + systemCPUTime) / 1000);
}

async function measure() {
  const file = join(folder, 'archive');
  const parts = makeFile(file);
  const child = fork(import.meta.filename, { env: { ...process.env, BENCH_FOLDER: folder } });
  const url = await new Promise((resolve) => child.once('message', resolve));
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const digest = timed(() => execFileSync('openssl', ['dgst', '-sha256', file]));
      const digestAgain = timed(() => execFileSync('openssl', ['dgst', '-sha256', file]));
      const copy = timed(() => execFileSync('cp', [file, `${file}.copy`]));
      rmSync(`${file}.copy`);
      const receive = await upload(url, file, parts);
      const bar = digest + digestAgain + copy;
      process.stdout.write(
        `round ${round}: openssl ${digest.toFixed(2)} + ${digestAgain.toFixed(2)} s, cp ${copy.toFixed(2)} s; ` +
          `receive ${receive.all.toFixed(2)} s (complete ${receive.complete.toFixed(2)} s); ` +
          `ratio ${(receive.all / bar).toFixed(2)}, without complete ${((receive.all - receive.complete) / bar).toFixed(2)}\n`,
      );
    }
    child.send('usage');
    const usage = await new Promise((resolve) => child.once('message', resolve));
    process.stdout.write(`server: peak memory ${usage.rssMiB} MiB, CPU ${usage.cpuMs} ms in all\n`);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function makeFile(path) {
  const out = openSync(path, 'w');
  const parts = [];
  const bytes = Buffer.alloc(PART_BYTES);
  for (let start = 0; start < SIZE_BYTES; start += PART_BYTES) {
    randomFillSync(bytes);
    writeSync(out, bytes);
    const tree = new TreeHasher();
    tree.update(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    parts.push({ start, treeHash: tree.digest().toString('hex'), sha256 });
  }
  closeSync(out);
  const whole = new TreeHasher();
  const inFile = openSync(path, 'r');
  for (let read = readSync(inFile, bytes); read > 0; read = readSync(inFile, bytes)) {
    whole.update(bytes.subarray(0, read));
  }
  closeSync(inFile);
  return { list: parts, treeHash: whole.digest().toString('hex') };
}

async function upload(url, file, parts) {
  const agent = new Agent({ keepAlive: true });
  const send = (method, path, headers = {}, body = undefined) =>
    new Promise((resolve, reject) => {
      const sending = request(url + path, {
        agent,
        method,
        headers: {
          'x-amz-glacier-version': '2012-06-01',
          Authorization: `AWS4-HMAC-SHA256 Credential=bench/20260101/eu-west-1/glacier/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
          ...headers,
        },
      });
      sending.on('error', reject).on('response', (response) => {
        response.resume().on('end', () => {
          if (response.statusCode >= 300) reject(new Error(`${method} ${path}: ${response.statusCode}`));
          else resolve(response.headers);
        });
      });
      if (body) body.pipe(sending);
      else sending.end();
    });
  await send('PUT', '/-/vaults/bench');
  const start = performance.now();
  const begun = await send('POST', '/-/vaults/bench/multipart-uploads', { 'x-amz-part-size': PART_BYTES });
  const path = `/-/vaults/bench/multipart-uploads/${begun['x-amz-multipart-upload-id']}`;
  const waiting = [...parts.list];
  const sendParts = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const end = part.start + PART_BYTES - 1;
      const headers = {
        'Content-Length': PART_BYTES,
        'Content-Range': `bytes ${part.start}-${end}/*`,
        'x-amz-content-sha256': part.sha256,
        'x-amz-sha256-tree-hash': part.treeHash,
      };
      await send(
        'PUT',
        path,
        headers,
        createReadStream(file, { start: part.start, end, highWaterMark: MIB }),
      );
    }
  };
  await Promise.all(Array.from({ length: connections }, sendParts));
  const completing = performance.now();
  const done = await send('POST', path, {
    'x-amz-archive-size': SIZE_BYTES,
    'x-amz-sha256-tree-hash': parts.treeHash,
  });
  const end = performance.now();
  await send('DELETE', `/-/vaults/bench/archives/${done['x-amz-archive-id']}`);
  agent.destroy();
  return { all: (end - start) / 1000, complete: (end - completing) / 1000 };
}
