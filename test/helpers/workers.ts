/**
 * The threads of commands that run within the process of the tests. To start a thread takes more of the processor than most
 * of these commands; those that are processes of their own start theirs as users' do.
 */
import { EventEmitter } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Context } from '../../src/cli/context.js';
import type { Thread } from '../../src/os/thread.js';
import { type LocalWorkerData, runLocalVault } from '../../src/server/local/run-local-vault.js';
import type { ThreadReply } from '../../src/treehash/hash-request.js';

export const workers: Context['workers'] = { hash: hashingThread, localVault: vaultHere };

const hashProgram = new URL('../../dist/treehash/worker.js', import.meta.url);
const idle: KeptThread[] = [];

/** A hashing thread that the next command takes over, unless it is ended in the middle of a job. */
class KeptThread extends Worker {
  #jobs = 0;

  takeOver(): this {
    return this.on('message', (reply: ThreadReply) => {
      if (!('index' in reply)) this.#jobs -= 1;
    });
  }

  override postMessage(request: unknown): void {
    this.#jobs += 1;
    super.postMessage(request);
  }

  override async terminate(): Promise<number> {
    for (const event of ['message', 'error', 'exit']) this.removeAllListeners(event);
    if (this.#jobs > 0) return super.terminate();
    this.unref();
    idle.push(this);
    return 0;
  }
}

function hashingThread(): Thread {
  return (idle.pop() ?? new KeptThread(hashProgram)).takeOver();
}

/** The embedded vault of `--local`, which speaks to its command as from a thread, and is none. */
function vaultHere(given: unknown): Thread {
  const thread = new EventEmitter();
  const { port1: inside, port2: outside } = new MessageChannel();
  outside.on('message', (message) => thread.emit('message', message));
  outside.on('close', () => thread.emit('exit', 0));
  runLocalVault(inside, given as LocalWorkerData).catch((error) => thread.emit('error', error));
  return Object.assign(thread, {
    postMessage: (message: unknown) => outside.postMessage(message),
    ref: () => outside.ref(),
    unref: () => outside.unref(),
    terminate: async () => {
      outside.close();
      return 0;
    },
  }) as unknown as Thread;
}
