/**
 * A vault of the barest kind: it hashes what it is sent, answers with the tree hash, and keeps nothing but the list of
 * parts. It says when things came. `GET /bench` gives its notes, `POST /bench` changes its ways. With KEY CERTIFICATE, the
 * paths of PEM files, it speaks HTTPS.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { argv } from 'node:process';
import { TreeHasher } from '../frame/tree-hash.mjs';

const partsAPage = 50;
const uploadPath = /^\/([^/]+)\/vaults\/([^/]+)\/multipart-uploads(?:\/([^/?]+))?/;

const describedVault = {
  VaultName: 'bench',
  VaultARN: 'arn:aws:glacier:us-east-1:123456789012:vaults/bench',
  CreationDate: '2026-01-01T00:00:00.000Z',
  NumberOfArchives: 0,
  SizeInBytes: 0,
};

/** Upload ID → { partSizeBytes, parts: Map of range start → listed part }. */
const uploads = new Map();
let notes;
/** Ranges that begin here are taken and never answered. */
let heldStart = null;

function forgetNotes() {
  notes = { requests: {}, bodyBytes: 0, firstPutAt: null, lastListAt: null, bytesBy: [] };
}
forgetNotes();

const answer = (request, response) => {
  const url = new URL(request.url, 'http://vault');
  if (url.pathname === '/bench') bench(request, response);
  else if (request.method === 'PUT' && !uploadPath.test(url.pathname)) receive(request, () => response.end());
  else serve(request, response, url);
};
const [key, cert] = argv.slice(2).map((path) => readFileSync(path));
const isSecure = key !== undefined;
const options = { requestTimeout: 0, ...(isSecure ? { key, cert } : {}) };
const server = (isSecure ? createSecureServer : createServer)(options, answer);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${isSecure ? 'https' : 'http'}://127.0.0.1:${server.address().port}\n`);
});

function bench(request, response) {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ ...notes, parts: [...uploads.values()].at(-1)?.parts.size ?? 0 }));
    return;
  }
  let text = '';
  request.on('data', (bytes) => (text += bytes));
  request.on('end', () => {
    const { hold, lose } = JSON.parse(text);
    forgetNotes();
    heldStart = hold ?? null;
    if (lose !== undefined) for (const { parts } of uploads.values()) parts.delete(lose);
    response.end();
  });
}

function serve(request, response, url) {
  const [, , , uploadId] = uploadPath.exec(url.pathname) ?? [];
  const operation = `${request.method} ${uploadId === undefined ? 'uploads' : 'upload'}`;
  notes.requests[operation] = (notes.requests[operation] ?? 0) + 1;
  const upload = uploads.get(uploadId);
  const created = (headers) => response.writeHead(201, { Location: '/123456789012/x', ...headers }).end();
  switch (operation) {
    case 'POST uploads': {
      const id = `bench-${uploads.size}-${randomBytes(60).toString('base64url')}`;
      uploads.set(id, { partSizeBytes: Number(request.headers['x-amz-part-size']), parts: new Map() });
      created({ 'x-amz-multipart-upload-id': id });
      break;
    }
    case 'PUT upload':
      putPart(request, response, upload);
      break;
    case 'GET uploads':
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(describedVault));
      break;
    case 'GET upload':
      notes.lastListAt = performance.now();
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(page(uploadId, upload, url.searchParams.get('marker'))));
      break;
    case 'POST upload':
      created({
        // Like those of the service: random, and each of its own.
        'x-amz-archive-id': randomBytes(104).toString('base64url').slice(0, 138),
        'x-amz-sha256-tree-hash': request.headers['x-amz-sha256-tree-hash'],
      });
      break;
    default:
      response.writeHead(204).end();
  }
}

function putPart(request, response, upload) {
  notes.firstPutAt ??= performance.now();
  const [, start, end] = /bytes (\d+)-(\d+)/.exec(request.headers['content-range'] ?? '') ?? [];
  receive(request, (treeHash) => {
    if (treeHash !== request.headers['x-amz-sha256-tree-hash']) {
      response.writeHead(400).end();
      return;
    }
    if (Number(start) === heldStart) return;
    upload.parts.set(Number(start), { RangeInBytes: `${start}-${end}`, SHA256TreeHash: treeHash });
    response.writeHead(204, { 'x-amz-sha256-tree-hash': treeHash }).end();
  });
}

function receive(request, done) {
  const tree = new TreeHasher();
  request.on('data', (bytes) => {
    tree.update(bytes);
    notes.bodyBytes += bytes.length;
    noteBytes();
  });
  request.on('end', () => done(tree.digest().toString('hex')));
}

/** How many bytes had come by when: a note every 10 ms is enough. */
function noteBytes() {
  const atMs = performance.now();
  if (atMs - (notes.bytesBy.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < 10) return;
  notes.bytesBy.push({ atMs, bodyBytes: notes.bodyBytes });
}

function page(uploadId, { partSizeBytes, parts }, marker) {
  const list = [...parts.entries()].sort(([a], [b]) => a - b);
  const from = marker === null ? 0 : list.findIndex(([start]) => start >= Number(marker));
  const next = list[from + partsAPage];
  return {
    ArchiveDescription: 'bench',
    CreationDate: '2026-01-01T00:00:00.000Z',
    Marker: next === undefined ? null : String(next[0]),
    MultipartUploadId: uploadId,
    PartSizeInBytes: partSizeBytes,
    Parts: list.slice(from, from + partsAPage).map(([, part]) => part),
    VaultARN: 'arn:aws:glacier:us-east-1:123456789012:vaults/bench',
  };
}
