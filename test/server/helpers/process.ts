import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const built = join(root, 'dist', 'server', 'index.js');

const newestOf = (folder: string): number =>
  Math.max(
    ...readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, String(name))).mtimeMs),
  );

/** Compiles the server unless that is done; on Node 20 neither a thread nor a process can run TypeScript. */
export function buildServer(): URL {
  const isFresh = existsSync(built) && statSync(built).mtimeMs >= newestOf(join(root, 'src', 'server'));
  if (!isFresh) {
    execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc')], { cwd: root });
  }
  return new URL(`file://${join(root, 'dist', 'server')}/`);
}

export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  kill(): Promise<void>;
}

/** Runs a server in a process of its own, which prints its URL. `prefix` is a command to run it under. */
export async function startServerProcess(
  dir: string,
  prefix: readonly string[] = [],
): Promise<ServerProcess> {
  const script = `
    import { startVaultServer } from '${new URL('index.js', buildServer()).href}';
    const { url } = await startVaultServer({ dir: process.argv[1] });
    process.stdout.write(url + '\\n');`;
  const command = [...prefix, process.execPath, '--input-type=module', '-e', script, dir];
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [url] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the server did not start: ${complaint}`))),
  ])) as [Buffer];
  return {
    url: url.toString().trim(),
    process: child,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
