/** Thread entry: an embedded vault beside a command. */
import { parentPort, workerData } from 'node:worker_threads';
import { runLocalVault } from './run-local-vault.js';

if (!parentPort) throw new Error('local-worker.js runs as a worker thread only');
void runLocalVault(parentPort, workerData);
