/** Processes that a test starts to stay, as the daemons of a scheduler do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface Daemons {
  start(program: string, words: readonly string[], env?: Record<string, string>): ChildProcess;
  /** Ends them, the last one first. */
  stop(): Promise<void>;
  /** What they printed. */
  output(): string;
}

export function daemons(): Daemons {
  const children: ChildProcess[] = [];
  let printed = '';
  return {
    start: (program, words, env = {}) => {
      const child = spawn(program, words, {
        env: { PATH: `/usr/sbin:${process.env.PATH}`, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (text) => {
          printed += text;
        });
      }
      children.push(child);
      return child;
    },
    stop: async () => {
      for (const child of children.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
        await once(child, 'exit');
        clearTimeout(timer);
      }
    },
    output: () => printed,
  };
}

/** Ports of loopback that nothing listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
