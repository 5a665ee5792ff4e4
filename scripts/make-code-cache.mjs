/**
 * Lays a code cache (src/cli/code-cache.ts) beside the files of dist/ that the everyday commands load: the last step of the
 * build, and once after an installation. V8 compiles a function when it is first called, so the commands are run, against an
 * embedded vault; each goes on from the cache that the one before has left.
 *
 * Without it everything works, and starts later. So a machine that does not let us listen on loopback only gets a warning.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Ends the commands that are run, and this one. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}

/** Nothing of whoever builds: neither their keys nor V8 flags, under which no other Node would take the cache. */
const environment = (home) => ({
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: home,
  AWS_ACCESS_KEY_ID: 'build',
  AWS_SECRET_ACCESS_KEY: 'build',
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** @returns its URL, and what stops it */
async function startVault(dir, env) {
  const words = ['serve', '--dir', dir, '--job-delay', '0s', '--quiet'];
  const server = spawn(inProject('bin/glacier-up.js'), words, {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    signal: stop.signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise((resolve) => server.once('close', resolve));
  const started = new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('close', () => reject(new Error('the embedded vault did not start')));
    server.stdout.setEncoding('utf8').once('data', resolve);
  });
  const close = () => {
    server.kill();
    return ended;
  };
  return { url: /http:\S+/.exec(await started)[0], close };
}

async function makeCaches(folder) {
  const env = environment(folder);
  const inFolder = (path) => join(folder, path);
  const record = (...words) =>
    promisify(execFile)(process.execPath, [inProject('scripts/record-code.cjs'), ...words], {
      cwd: folder,
      env,
      timeout: 20_000,
      signal: stop.signal,
      killSignal: 'SIGKILL',
    });
  const { url, close } = await startVault(inFolder('vault'), env);
  try {
    mkdirSync(inFolder('files'));
    for (let index = 0; index < 20; index += 1) {
      writeFileSync(inFolder(`files/${index}`), randomBytes(50_000));
    }
    // Of two parts, and more than is hashed without a thread.
    writeFileSync(inFolder('large'), randomBytes(20 * 1024 * 1024));
    const where = ['--vault', 'build', '--endpoint-url', url];
    await record('vaults', 'create', 'build', '--endpoint-url', url);
    await record('treehash', 'files/0');
    await record('upload', 'files/0', ...where);
    await record('upload', 'large', ...where);
    await record('upload', '-r', 'files', ...where);
    await record('upload', 'large', '--vault', 'build', '--local', inFolder('local'));
    await record('retrieve', 'large', ...where, '--wait', '--output', 'retrieved');
    await record('sessions');
  } finally {
    await close();
  }
}

let folder;
try {
  folder = mkdtempSync(join(resolve(tmpdir()), 'glacier-up-code-cache-'));
  await makeCaches(folder);
} catch (error) {
  const { message } = stop.signal.reason ?? error;
  process.stderr.write(`without a code cache each start takes longer: ${message}\n`);
  if (stop.signal.aborted) process.exitCode = 1;
} finally {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
