/** The embedded vault: receiving 1 GiB with all checks, beside the work that must be done: two hashes and a copy. */

import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { need, run } from '../frame/programs.mjs';
import { inTurn, wallOf } from '../frame/rounds.mjs';
import { secondsText } from '../frame/table.mjs';
import { joinRawTreeHashes, TreeHasher } from '../frame/tree-hash.mjs';
import { startEmbeddedVault } from '../frame/vaults.mjs';
import { GiB, MiB } from '../frame/workspace.mjs';

const partBytes = 64 * MiB;
const connections = 4;

export async function measure(workspace, row) {
  need('openssl');
  const { folder } = workspace;
  const file = workspace.randomFile(GiB);
  const parts = await hashParts(file);
  const vault = await startEmbeddedVault(workspace);
  try {
    const { receive, openssl, cp } = await inTurn(5, {
      receive: () => send(vault, file, parts),
      openssl: () => run('openssl', ['dgst', '-sha256', file], { folder, counted: false }),
      cp: async () => {
        const copying = await run('cp', [file, `${file}.copy`], { folder, counted: false });
        rmSync(`${file}.copy`);
        return copying;
      },
    });
    const [received, digest, copy] = [receive, openssl, cp].map(wallOf);
    row({
      what: 'embedded vault: receiving 1 GiB in 64 MiB parts ÷ (two `openssl dgst` + `cp`), wall',
      values: received.map((seconds, round) => seconds / (2 * digest[round] + copy[round])),
      bar: { atMost: 1.25 },
      note: `${secondsText(received)} against 2 × ${secondsText(digest)} + ${secondsText(copy)}`,
    });
  } finally {
    await vault.stop();
  }
}

/** So that the sender does nothing but send while time is taken. */
async function hashParts(path) {
  const handle = await open(path);
  const bytes = Buffer.alloc(partBytes);
  const parts = [];
  for (let start = 0; start < GiB; start += partBytes) {
    await handle.read(bytes, 0, partBytes, start);
    const tree = new TreeHasher();
    tree.update(bytes);
    parts.push({ start, treeHash: tree.digest(), sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  await handle.close();
  return parts;
}

async function send(vault, file, parts) {
  const agent = new Agent({ keepAlive: true });
  const started = performance.now();
  const begun = await vault.send('POST', '/multipart-uploads', { 'x-amz-part-size': String(partBytes) });
  const uploadPath = `/multipart-uploads/${begun.get('x-amz-multipart-upload-id')}`;
  const line = parts.values();
  const lane = async () => {
    for (const part of line)
      await sendPart(`${vault.url}/-/vaults/bench${uploadPath}`, part, { agent, file, vault });
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const done = await vault.send('POST', uploadPath, {
    'x-amz-archive-size': String(GiB),
    'x-amz-sha256-tree-hash': joinRawTreeHashes(parts.map(({ treeHash }) => treeHash)).toString('hex'),
  });
  const wallSeconds = (performance.now() - started) / 1000;
  await vault.deleteArchive(done.get('x-amz-archive-id'));
  agent.destroy();
  return { wallSeconds };
}

function sendPart(url, { start, treeHash, sha256 }, { agent, file, vault }) {
  const end = start + partBytes - 1;
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      agent,
      method: 'PUT',
      headers: {
        ...vault.headers,
        'Content-Length': partBytes,
        'Content-Range': `bytes ${start}-${end}/*`,
        'x-amz-content-sha256': sha256,
        'x-amz-sha256-tree-hash': treeHash.toString('hex'),
      },
    });
    sending.on('error', reject).on('response', (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 204) resolve();
        else reject(new Error(`a part was answered with ${response.statusCode}`));
      });
    });
    createReadStream(file, { start, end, highWaterMark: MiB }).pipe(sending);
  });
}
