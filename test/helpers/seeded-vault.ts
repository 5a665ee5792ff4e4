/** A served vault `demo` with seeded archives, whose requests are recorded, and the plan of a command on all of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliOptions, CliResult } from './cli.js';
import { startRecorder } from './network.js';
import { makeServedPlace, type ServeOptions } from './served-place.js';

/** @param kind of the plan whose files are read: `restore`, `empty` */
export async function makeSeededVault(kind: string, seeds: string[], options: ServeOptions = {}) {
  const place = await makeServedPlace(1000, { seeds, jobDelayMs: 0, ...options });
  const recorder = await startRecorder(place.url);
  const plain = (words: string[], more: Partial<CliOptions> = {}): Promise<CliResult> =>
    place.plain(words, { ...more, env: { AWS_ENDPOINT_URL_GLACIER: recorder.url, ...more.env } });
  const plans = join(place.folder, 'home/.local/state/glacier-up/plans');
  const planFile = (name: string): string => {
    const folders = existsSync(plans) ? readdirSync(plans) : [];
    const folder = folders.find((one) => one.startsWith(kind) && !one.includes('.')) ?? 'none';
    return join(plans, folder, name);
  };
  const linesOf = (name: string): Record<string, unknown>[] =>
    readFileSync(planFile(name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  /** How many archives the report has of each outcome. */
  const outcomes = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { outcome } of linesOf('report.jsonl')) {
      counts[String(outcome)] = (counts[String(outcome)] ?? 0) + 1;
    }
    return counts;
  };
  return { ...place, plain, recorder, planFile, linesOf, outcomes };
}
