/** Options of work on whole vaults: which archives, and how. */
import type { OptionSpec } from '../command/command.js';
import { parseCount, parseDuration, parseGlob, parseName, parseSize, parseTime } from './option-values.js';

/** They are part of the plan: the same command again has to have the same. */
export const filterOptions = [
  {
    flags: '--match <glob>',
    help: 'only names that match, for example "photos/**"',
    detail:
      'The name is what "glacier-up inventory" shows. * and ? match anything but "/", ** matches anything, [a-z] one character of a set; a pattern without "/" is compared with the last part of a name. An archive whose description has two readings is chosen only if both match; one without a name never is.',
    parse: parseGlob,
  },
  {
    flags: '--before <date>',
    help: 'only archives created before, for example 2020-01-31',
    detail: 'A date is its midnight in UTC. A time is written with its zone: 2020-01-31T12:00:00Z.',
    parse: parseTime,
  },
  { flags: '--after <date>', help: 'only archives created then or later', parse: parseTime },
  {
    flags: '--older-than <duration>',
    help: 'only archives that are older, for example 365d',
    detail: 'The age counts from the time at which the plan is made.',
    parse: parseDuration,
  },
  { flags: '--larger <size>', help: 'only archives that are larger', parse: parseSize, rare: true },
  { flags: '--smaller <size>', help: 'only archives that are smaller', parse: parseSize, rare: true },
  {
    flags: '--files-from <file>',
    help: 'only these archive IDs or names; - is stdin',
    detail:
      'One a line. A name that several archives have stands for all of them. Lines that no archive answers to are reported.',
    parse: parseName,
  },
  {
    flags: '-0, --null',
    help: 'with --files-from: a NUL ends each line',
    rare: true,
    onlyWith: ['--files-from'],
  },
] as const satisfies readonly OptionSpec[];

export const planOptions = [
  {
    flags: '--new-plan',
    help: 'drop an unfinished plan and make a new one',
    detail: 'Archives whose deletion is noted in the receipts stay out of the new plan.',
  },
  {
    flags: '--max-rate <n>',
    help: 'at most n requests a second',
    detail:
      'Without it the number of requests under way grows from 4 to 64, and falls when the service throttles, which slows other programs of the account, too.',
    parse: parseCount,
  },
] as const satisfies readonly OptionSpec[];
