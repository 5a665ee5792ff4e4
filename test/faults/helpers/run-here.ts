import { main } from '../../../src/cli/main.js';
import { makeContext } from '../../helpers/cli.js';
import type { Machine } from './machine.js';
import './sdk-environment.js';

/**
 * Runs a command on a machine within the process of the tests, which costs a quarter of a process: for what only prepares a
 * scene. @returns how it ended
 */
export async function runHere(
  { folder, env }: Machine,
  words: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { context, stdout, stderr } = makeContext({ folder, env });
  const ending = await main(words, context);
  return { code: 'code' in ending ? ending.code : null, stdout: stdout(), stderr: stderr() };
}
