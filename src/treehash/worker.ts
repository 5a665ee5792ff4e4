/** Thread entry: hashes the ranges it is asked for, one after the other. */
import { parentPort } from 'node:worker_threads';
import { hashRange } from './hash-range.js';
import type { HashRequest } from './hash-request.js';

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(hashRange(request)));
