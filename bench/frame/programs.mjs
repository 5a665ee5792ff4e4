/** Runs programs and says what they cost: wall time from here, CPU and peak memory from GNU time (wait4). */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const glacierUpPath = join(root, 'bin', 'glacier-up.js');
const gnuTime = '/usr/bin/time';
const debianPython = '/usr/bin/python3';

/** What each rival is called in Debian, for the message that it is missing. */
const packages = {
  openssl: 'openssl',
  curl: 'curl',
  strace: 'strace',
  [gnuTime]: 'time',
  botocore: 'python3-botocore',
  boto: 'python3-boto',
  '/usr/bin/aws': 'awscli',
};

/** What Debian does not have. */
const elsewhere = { mtglacier: 'not in Debian: put that of mt-aws-glacier into PATH' };

/** Thrown by a subject that cannot be measured here; the others go on. */
export class Missing extends Error {
  constructor(rival) {
    super(`${rival} is missing here (${elsewhere[rival] ?? `Debian: ${packages[rival] ?? rival}`})`);
  }
}

export function need(...rivals) {
  for (const rival of rivals) {
    const isThere =
      rival === 'boto' || rival === 'botocore'
        ? spawnSync(debianPython, ['-c', `import ${rival}`]).status === 0
        : spawnSync('sh', ['-c', `command -v ${rival}`]).status === 0;
    if (!isThere) throw new Missing(rival);
  }
}

/** Nothing of this machine's own settings reaches a measured program. */
export function cleanEnvironment(folder) {
  return {
    // The shipped program finds its Node there.
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

let runs = 0;

/**
 * Runs a program to its end; one that fails ends the bench, since its time would mean nothing.
 * @param counted also CPU and peak memory; the program that counts costs about a millisecond
 * @param from a command line for `sh` whose output the program is given; it is not counted
 * @param silent its output is thrown away, since nobody could hold it
 * @param status what it must end with
 * @returns wallSeconds, cpuSeconds (user + system, of all its threads), peakMiB, stdout
 */
export async function run(
  command,
  args,
  { env, counted = true, folder, from, silent = false, status: wanted = 0 } = {},
) {
  runs += 1;
  const countsPath = join(folder, `counts-${runs}`);
  const program = counted
    ? [gnuTime, '-f', '%U %S %M', '-o', countsPath, command, ...args]
    : [command, ...args];
  const line = `${from === undefined ? '' : `${from} | `}"$@"${silent ? ' > /dev/null' : ''}`;
  const words = from === undefined && !silent ? program : ['sh', '-c', line, 'sh', ...program];
  const started = performance.now();
  const { status, signal, stdout, stderr } = await ended(words, env ?? cleanEnvironment(folder));
  const wallSeconds = (performance.now() - started) / 1000;
  if (status !== wanted)
    throw new Error(`${words.slice(0, 20).join(' ')} ended with ${signal ?? status}: ${stderr}`);
  if (!counted) return { wallSeconds, stdout };
  // Of a status other than 0 it says so on a line before.
  const lastLine = readFileSync(countsPath, 'utf8').trim().split('\n').at(-1);
  const [user, system, peakKiB] = lastLine.split(/\s+/).map(Number);
  rmSync(countsPath);
  return { wallSeconds, cpuSeconds: user + system, peakMiB: peakKiB / 1024, stdout };
}

function ended([command, ...args], env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, ...output }));
  });
}

/** As it is shipped: a shell that becomes Node. */
export const glacierUp = (args, options) => run(glacierUpPath, args, options);

export const python = (script, args, options) =>
  run(debianPython, [fileURLToPath(new URL(`../rivals/${script}`, import.meta.url)), ...args], options);

/** Starts a program that serves and says where on its first line; `stop` ends it. */
export async function serving(script, args, { env, folder }) {
  const child = spawn(process.execPath, [script, ...args], {
    env: env ?? cleanEnvironment(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it served`)));
    child.stdout.setEncoding('utf8').once('data', (text) => resolve(/https?:\/\/\S+/.exec(text)?.[0]));
  });
  return {
    url,
    pid: child.pid,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
