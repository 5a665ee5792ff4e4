import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseDuration, parseName, parsePort } from '../../options/option-values.js';

export const serveOptions = [
  { flags: '--dir <dir>', help: 'the folder that holds vaults and archives', parse: parseName },
  { flags: '--port <n>', help: 'the port; 0 takes a free one', parse: parsePort, defaultText: '0' },
  {
    flags: '--access-key-id <id>',
    help: 'verify signatures of this key; its secret is taken from AWS_SECRET_ACCESS_KEY',
    parse: parseName,
  },
  {
    flags: '--inventory-every <duration>',
    help: 'how often a vault counts its archives; 0 at once',
    parse: parseDuration,
    defaultText: '24h, as at the service',
  },
  {
    flags: '--job-delay <duration>',
    help: 'how long retrievals of archives and inventories take; hours at the service; 0 at once',
    parse: parseDuration,
    defaultText: '10s',
  },
  {
    flags: '--job-life <duration>',
    help: 'how long a finished job keeps its output',
    parse: parseDuration,
    defaultText: '24h, as at the service',
    rare: true,
  },
  {
    flags: '--seed <seed...>',
    help: 'fill a vault: VAULT=N[:SIZE[:OLDEST-NEWEST]]',
    detail:
      'Adds N archives of SIZE bytes to a vault, which is created if it does not exist. They take no room on disk: they are computed, and can be listed, retrieved and deleted like any other. The same seed again changes nothing. SIZE is 1K if not given. The archives are between OLDEST and NEWEST old, 465d-100d if not given.',
  },
  {
    flags: '--seed-descriptions <file>',
    help: 'descriptions of seeded archives, one a line, in turn',
    onlyWith: ['--seed'],
    parse: parseName,
    rare: true,
  },
  {
    flags: '--rate <operation=n...>',
    help: 'throttle an operation above n requests a second',
    detail:
      'For example delete-archive=100; * is all operations together. docs/embedded-vault.md lists the operations.',
    rare: true,
  },
  {
    flags: '--fault <rule...>',
    help: 'misbehave on purpose, for rehearsals: see docs/embedded-vault.md',
  },
] as const satisfies readonly OptionSpec[];

export type ServeRun = CommandRun<typeof serveOptions>;
