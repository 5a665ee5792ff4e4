/** A line to a server that breaks, or stands still, after so many bytes of what the server sends. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CuttingRelay {
  url: string;
  /** What clients were sent, headers included. */
  sentBytes(): number;
  breaks(): number;
  /** From now on nothing is cut or held, also on connections that are open. */
  mend(): void;
}

export interface CuttingOptions {
  /** Each connection breaks after so many bytes. */
  cutBytes?: number;
  /** All connections stand still after so many bytes of all of them. */
  holdBytes?: number;
  onBreak?: () => void;
  /** Applied to what the server sends, piece by piece; must keep the length. */
  rewrite?: (text: string) => string;
}

/** @param upstream URL of the server */
export async function startCuttingRelay(
  upstream: string,
  {
    cutBytes = Number.POSITIVE_INFINITY,
    holdBytes = Number.POSITIVE_INFINITY,
    onBreak,
    rewrite,
  }: CuttingOptions = {},
): Promise<CuttingRelay> {
  const port = Number(new URL(upstream).port);
  const sockets = new Set<Socket>();
  const held = new Set<Socket>();
  let [sent, breaks, isMended] = [0, 0, false];
  const server = createServer((client) => {
    const there = connect(port, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      there.destroy();
    };
    for (const socket of [client, there]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', end);
    client.pipe(there);
    there.on('end', () => client.end());
    let left = cutBytes;
    there.on('data', (piece: Buffer) => {
      const whole = rewrite ? Buffer.from(rewrite(piece.toString('latin1')), 'latin1') : piece;
      const bytes = isMended ? whole : whole.subarray(0, left);
      left -= bytes.length;
      sent += bytes.length;
      const isCut = bytes.length < whole.length;
      client.write(bytes, () => {
        if (!isCut) return;
        breaks += 1;
        end();
        onBreak?.();
      });
      if (isCut || isMended || sent < holdBytes) return;
      there.pause();
      held.add(there);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sentBytes: () => sent,
    breaks: () => breaks,
    mend: () => {
      isMended = true;
      for (const socket of held) socket.resume();
      held.clear();
    },
  };
}
