import { readdir } from 'node:fs/promises';

// Files and folders are named by counters. Nothing that came in a request ever becomes a file name.

/** The numbers that names of the form `<number><suffix>` in a folder have, in order. */
export async function numbersIn(folder: string, suffix = ''): Promise<number[]> {
  return numbersOf(await readdir(folder), suffix);
}

/** The same of names that were read before. */
export function numbersOf(names: readonly string[], suffix: string): number[] {
  const numbers: number[] = [];
  for (const name of names) {
    if (!name.endsWith(suffix)) continue;
    const digits = name.slice(0, name.length - suffix.length);
    if (/^[1-9]\d{0,14}$/.test(digits)) numbers.push(Number(digits));
  }
  return numbers.sort((a, b) => a - b);
}
