/** Vaults to upload to, each a process of its own, and uploads into them. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, glacierUp, glacierUpPath, serving } from './programs.mjs';

const script = (name) => fileURLToPath(new URL(`../servers/${name}`, import.meta.url));

/**
 * A vault that only hashes and discards: see servers/discard.mjs.
 * @param certificate over HTTPS, which `notes` and `tell` do not speak
 */
export async function startDiscardingVault({ folder }, certificate) {
  const words = certificate === undefined ? [] : [certificate.keyPath, certificate.certificatePath];
  const server = await serving(script('discard.mjs'), words, { folder });
  return {
    ...server,
    /** What it saw since the last `tell`. */
    notes: async () => (await fetch(`${server.url}/bench`)).json(),
    tell: (ways = {}) => fetch(`${server.url}/bench`, { method: 'POST', body: JSON.stringify(ways) }),
  };
}

/** The embedded vault, with a vault `bench` in it. */
export async function startEmbeddedVault({ folder, path }, options = []) {
  const dir = path('embedded-vault');
  const server = await serving(glacierUpPath, ['serve', '--dir', dir, ...options], { folder });
  const headers = {
    'x-amz-glacier-version': '2012-06-01',
    Authorization: `AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/glacier/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  };
  const send = async (method, vaultPath, more = {}) => {
    const reply = await fetch(`${server.url}/-/vaults/bench${vaultPath}`, {
      method,
      headers: { ...headers, ...more },
    });
    if (!reply.ok) throw new Error(`${method} ${vaultPath}: ${reply.status} ${await reply.text()}`);
    return reply.headers;
  };
  await send('PUT', '');
  return {
    ...server,
    headers,
    send,
    /** So that archives of past rounds do not fill the disk. */
    deleteArchive: (archiveId) => send('DELETE', `/archives/${archiveId.trim()}`),
    stop: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A link of so many bytes a second, and so long a way, to a server: see servers/link.mjs. */
export const startLink = (targetUrl, { bytesPerSecond, roundTripMs = 0 }, { folder }) =>
  serving(script('link.mjs'), [targetUrl, String(bytesPerSecond), String(roundTripMs)], { folder });

/** The same server over HTTPS: see servers/tls.mjs. */
export const startTls = (targetUrl, { keyPath, certificatePath }, { folder }) =>
  serving(script('tls.mjs'), [targetUrl, keyPath, certificatePath], { folder });

let states = 0;

/** The words that upload a file, with state of its own, so that no receipt makes it do nothing. */
export function uploadWords(file, url, options, { path }) {
  states += 1;
  return [
    'upload',
    file,
    '--vault',
    'bench',
    '--endpoint-url',
    url,
    '--state-dir',
    path(`state-${states}`),
    ...options,
  ];
}

/** @param variables of the environment */
export const upload = (file, url, options, workspace, variables = {}) =>
  glacierUp(uploadWords(file, url, options, workspace), {
    folder: workspace.folder,
    env: { ...cleanEnvironment(workspace.folder), ...variables },
  });
