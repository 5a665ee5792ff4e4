/** Worker threads, as those who start them see them. */
import type { Worker } from 'node:worker_threads';

/** The part of a `Worker` that is used. */
export type Thread = Pick<Worker, 'on' | 'once' | 'postMessage' | 'ref' | 'unref' | 'terminate'>;

/** @param given what the thread finds as its `workerData` */
export type StartThread = (given?: unknown) => Thread;

/** @param program compiled: Node 20 cannot start a thread from TypeScript */
export function threadsOf(program: URL): StartThread {
  return (given) => {
    // Loaded with the first thread, since small files are hashed without any.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    return new Worker(program, { workerData: given });
  };
}
