import { setFlagsFromString } from 'node:v8';

/**
 * Lets a function run twice as often before V8 optimizes it.
 *
 * Of an upload of a few hundred small files a quarter of the CPU time went into that optimizing: much of what runs a few
 * hundred times is not worth it. With this 300 files take a fifth less CPU time, a thousand 4 % less, two thousand the
 * same. Node 20 only: the engine of later ones has no such flag, says so on stderr, and has a compiler in between.
 */
export function optimizeLater(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=150000');
}
