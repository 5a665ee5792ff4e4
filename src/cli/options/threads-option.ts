import type { OptionSpec } from '../command/command.js';
import { InvalidValue } from '../parser/invalid-value.js';

/** For every command that hashes. */
export const threadsOption = {
  group: 'How',
  rare: true,
  flags: '--threads <n>',
  help: 'how many threads hash at most',
  detail:
    'By default one for each processor that it may use (affinity, CPU limits of control groups), and no more than fit into half of the memory limit of its control group. A thread takes about 10 MiB. What is sent is hashed by one as long as sending takes longer, and the first 16 MiB without any.',
  parse: parseThreads,
  defaultText: 'by processors and memory',
} as const satisfies OptionSpec;

function parseThreads(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 256) throw new InvalidValue('Write a whole number from 1 to 256.');
  return count;
}
