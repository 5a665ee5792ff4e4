/** Runs tests of the copy, and ends what they have started when their time is over. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface VitestRun {
  /** Exit code of vitest, or `undefined` when it was ended at the time limit. */
  exitCode: number | undefined;
  tookMs: number;
  output: string;
}

/** Processes of the tests may have groups of their own: the path of the copy in what started them tells whose they are. */
export function endAllOf(folder: string): void {
  if (!existsSync('/proc')) return;
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(id) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(folder)) process.kill(Number(id), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** @param words what follows `vitest run`: test files and options */
export async function runVitest(
  folder: string,
  words: readonly string[],
  limitMs: number,
): Promise<VitestRun> {
  const startedMs = performance.now();
  const config = `${folder}/scripts/mutants/in-copy/vitest.config.ts`;
  const program = `${folder}/node_modules/vitest/vitest.mjs`;
  const child = spawn(process.execPath, [program, 'run', '--config', config, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => pieces.push(String(piece)));
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    child.kill('SIGKILL');
    endAllOf(folder);
  }, limitMs);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  endAllOf(folder);
  return {
    exitCode: isOver ? undefined : (exitCode ?? 1),
    tookMs: performance.now() - startedMs,
    output: pieces.join(''),
  };
}
