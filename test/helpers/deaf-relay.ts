/**
 * An address that does not answer, as far as the kernel is concerned: a listener whose process is stopped and whose
 * queue is full, so that the first packet of a connection is dropped. Once it hears again, the connection comes about
 * with the packet's next repetition, a second after the first: that is a round trip of a second.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const relay = `
  const { connect, createServer } = require('node:net');
  const [host, port, upstream] = process.argv.slice(1);
  const server = createServer((client) => {
    const there = connect(Number(upstream), '127.0.0.1');
    client.pipe(there).pipe(client);
    client.on('error', () => there.destroy());
    there.on('error', () => client.destroy());
  });
  server.on('error', () => process.exit(1));
  server.listen({ host, port: Number(port), backlog: 1 }, () => console.log(server.address().port));
`;

export interface DeafRelay {
  port: number;
  /** From now on it hears, and hands connections on to the port upstream. */
  hear(): void;
}

/** @param port 0: a free one */
export async function startDeafRelay(host: string, port: number, upstream: number): Promise<DeafRelay> {
  const words = ['-e', relay, host, String(port), String(upstream)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const fillers: Socket[] = [];
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
  });
  const [line] = await once(child.stdout, 'data');
  const listening = Number(line);
  child.kill('SIGSTOP');
  for (;;) {
    const filler = connect(listening, host);
    filler.on('error', () => {});
    fillers.push(filler);
    const isQueued = await Promise.race([
      once(filler, 'connect').then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 400, false)),
    ]);
    if (!isQueued) break;
  }
  return { port: listening, hear: () => void child.kill('SIGCONT') };
}
