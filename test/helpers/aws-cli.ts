/** Debian's AWS CLI, as independent eyes. Its modules are imported once for all commands of a test file. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterAll } from 'vitest';

export const isAwsInstalled = existsSync('/usr/bin/aws');

export interface AwsResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

interface Driver {
  child: ChildProcessWithoutNullStreams;
  replies: Interface;
  folder: string;
}

let driver: Driver | undefined;
let before: Promise<unknown> = Promise.resolve();

afterAll(() => {
  if (!driver) return;
  driver.child.kill();
  rmSync(driver.folder, { recursive: true, force: true });
  driver = undefined;
});

function start(): Driver {
  const script = join(import.meta.dirname, 'aws-cli.py');
  const child = spawn('/usr/bin/python3', [script], { env: { PATH: '/usr/bin:/bin' } });
  child.stderr.pipe(process.stderr);
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-aws-'));
  return { child, replies: createInterface(child.stdout), folder };
}

/**
 * Runs `aws WORDS`, one command after the other.
 * @param env all of its environment
 */
export function runAws(words: readonly string[], env: Record<string, string>): Promise<AwsResult> {
  const next = before.then(async () => {
    driver ??= start();
    const [stdout, stderr] = [join(driver.folder, 'stdout'), join(driver.folder, 'stderr')];
    const replied = once(driver.replies, 'line');
    driver.child.stdin.write(`${JSON.stringify({ words, env, stdout, stderr })}\n`);
    const result = {
      exitCode: Number((await replied)[0]),
      stdout: readFileSync(stdout, 'utf8'),
      stderr: readFileSync(stderr, 'utf8'),
    };
    for (const file of [stdout, stderr]) rmSync(file);
    return result;
  });
  before = next.catch(() => {});
  return next;
}

/** The same. @returns what it printed. @throws Error with its messages unless it ends with status 0 */
export async function aws(words: readonly string[], env: Record<string, string>): Promise<string> {
  const { exitCode, stdout, stderr } = await runAws(words, env);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}
