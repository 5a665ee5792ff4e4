import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { compileSource } from '../../../scripts/compile-source.mjs';

const compiled = new Map<string, Promise<string>>();

/** The URL of a module of the server, ready to run: on Node 20 no process can run TypeScript. */
export async function serverModule(name: string): Promise<string> {
  const path = compiled.get(name) ?? compileSource(`src/server/${name}.ts`);
  compiled.set(name, path);
  return pathToFileURL(await path).href;
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
    import { startVaultServer } from '${await serverModule('index')}';
    const { url } = await startVaultServer({ dir: process.argv[1] });
    process.stdout.write(url + '\\n');`;
  const command = [...prefix, process.execPath, '--input-type=module', '-e', script, dir];
  // A group of its own: strace that is killed leaves what it runs alive.
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  onTestFinished(() => killGroup(child));
  const [url] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the server did not start: ${complaint}`))),
  ])) as [Buffer];
  return {
    url: url.toString().trim(),
    process: child,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      killGroup(child);
      await once(child, 'exit');
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-Number(pid), 'SIGKILL');
  } catch (error) {
    // Nothing of it is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
