/** A whole list or inventory, from a file or standard input. */
import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { standardInput } from './hash-named.js';
import type { TreehashRun } from './options.js';

/** @throws the error of the failed system call */
export async function readNamed({ context, signal }: TreehashRun, name: string): Promise<Buffer> {
  if (name !== standardInput) return readFile(name, { signal });
  const pieces: Buffer[] = [];
  for await (const piece of addAbortSignal(signal, context.stdin as Readable))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
