/** Runs by cron and systemd: what the recipes of docs/scheduled do, with next to no environment and no terminal. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.js';
import { MiB, seededFile } from '../helpers/bytes.js';
import { tempFolder } from '../helpers/temp-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recipe = (name: string): string => readFileSync(join(root, 'docs/scheduled', name), 'utf8');

/** A machine with two backups, where `glacier-up` is on the path. */
function machine() {
  const folder = tempFolder();
  const bin = join(folder, 'bin');
  for (const name of ['bin', 'home', 'backups']) mkdirSync(join(folder, name));
  writeFileSync(
    join(bin, 'glacier-up'),
    `#!/bin/sh\nexec '${process.execPath}' '${root}bin/glacier-up.js' "$@"\n`,
  );
  chmodSync(join(bin, 'glacier-up'), 0o755);
  seededFile(join(folder, 'backups/a.tar'), 1.5 * MiB, 1);
  seededFile(join(folder, 'backups/b.tar'), 100, 2);
  const home = join(folder, 'home');
  /** As cron does: `env -i`, no terminal, nothing on stdin, a umask of its own. */
  const run = (command: string, env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = spawnSync(
      'setsid',
      [
        '--wait',
        '/bin/sh',
        '-c',
        `umask 077; ${command.replaceAll('/srv/backups', join(folder, 'backups'))}`,
      ],
      {
        env: { HOME: home, PATH: `${bin}:/usr/bin:/bin`, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      },
    );
    return { status, stdout, stderr };
  };
  return { folder, home, run, local: { GLACIER_UP_LOCAL: join(folder, 'vault') } };
}

const cronCommand = /^30 4 \* \* \* (.*)$/m.exec(recipe('crontab'))?.[1] ?? '';
const serviceCommand = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(recipe('glacier-up.service'))?.[1] ?? '';
const serviceEnvironment = Object.fromEntries(
  [...recipe('glacier-up.service').matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    value,
  ]),
) as Record<string, string>;

describe('the line for cron', () => {
  test('archives the files and says nothing, night after night', () => {
    const { run, local, home } = machine();
    for (const _ of ['first night', 'second night']) {
      expect(run(cronCommand, local)).toEqual({ status: 0, stdout: '', stderr: '' });
    }
    const receipts = join(home, '.local/share/glacier-up/receipts.jsonl');
    expect(readFileSync(receipts, 'utf8').trim().split('\n')).toHaveLength(2);
    expect(statSync(receipts).mode & 0o777).toBe(0o600);
  });

  test.each<[string, Record<string, string>, number]>([
    ['has no region', {}, 7],
    ['has no credentials', { AWS_REGION: 'eu-west-1', AWS_EC2_METADATA_DISABLED: 'true' }, 7],
    [
      'cannot reach the service',
      {
        AWS_REGION: 'eu-west-1',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        GLACIER_UP_RETRY_FOR: '0',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      },
      5,
    ],
    ['cannot write its state', { GLACIER_UP_STATE_DIR: '/proc/nowhere', GLACIER_UP_LOCAL: '/dev/null/x' }, 9],
  ])('says in at most five plain lines what is wrong when it %s', (_, env, status) => {
    const { run } = machine();
    const ended = run(cronCommand.replace('--retry-for 2h', ''), env);
    expect(ended).toMatchObject({ status, stdout: '' });
    const lines = ended.stderr.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(lines[0]).toMatch(/^glacier-up: upload: /);
    expect(lines.join('\n')).toMatch(/^hint: /m);
    expect(ended.stderr).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test('says which file is missing, archives the others, and fails', () => {
    const { run, local, folder } = machine();
    const { status, stderr } = run(cronCommand.replace('*.tar', `gone.tar ${folder}/backups/b.tar`), local);
    expect(status).toBe(exitCodes['archive-unusable']);
    expect(stderr).toMatch(
      /^glacier-up: upload: .*gone\.tar: no such file\nhint: .*\nglacier-up: 2 files: 1 archived, 1 failed; 100 bytes in \d+s\n$/,
    );
  });
});

describe('the units for systemd', () => {
  test('are units as systemd has them', () => {
    const { folder } = machine();
    for (const name of ['glacier-up.service', 'glacier-up.timer'])
      writeFileSync(join(folder, name), recipe(name));
    const units = ['glacier-up.service', 'glacier-up.timer'].map((name) => join(folder, name));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
      encoding: 'utf8',
    });
    // Units of the machine itself may be complained of; ours must not.
    expect(stderr.split('\n').filter((line) => line.includes('glacier-up'))).toEqual([]);
    expect(status).toBe(0);
  });

  test.each([
    'Europe/Berlin',
    'Europe/London',
    'America/New_York',
    'America/Nuuk',
    'Africa/Cairo',
    'Asia/Beirut',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
  ])('start once on each day of two years in %s', (zone) => {
    const [, time = ''] = /^OnCalendar=(.*)$/m.exec(recipe('glacier-up.timer')) ?? [];
    const days = 730;
    const words = ['calendar', `--iterations=${days}`, '--base-time=2026-12-31 12:00', time];
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: zone };
    const text = execFileSync('systemd-analyze', words, { encoding: 'utf8', env });
    const starts = [...text.matchAll(/(?:Next elapse|Iter. #\d+): \w+ (\S+) (\S+)/g)];
    expect(new Set(starts.map(([, , clock]) => clock))).toEqual(new Set(['04:30:00']));
    expect(new Set(starts.map(([, day]) => day)).size).toBe(days);
    expect(starts.at(-1)?.[1]).toBe('2028-12-30');
  });

  test('are started by cron at the time of the timer', () => {
    expect(recipe('glacier-up.timer')).toContain('\nOnCalendar=04:30\n');
    expect(recipe('crontab')).toMatch(/^30 4 \* \* \*/m);
  });

  test('archive the files in silence, with state where they say', () => {
    const { run, local, folder } = machine();
    const stateDir = join(folder, 'state');
    const ended = run(`${serviceCommand} >/dev/null`, {
      ...serviceEnvironment,
      GLACIER_UP_STATE_DIR: stateDir,
      ...local,
    });
    expect(ended).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(stateDir, 'receipts.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
  });

  test('try again what is temporary or in use, and take a run that is still at it for no failure', () => {
    expect(recipe('glacier-up.service')).toContain(
      `\nRestartForceExitStatus=${exitCodes.temporary} ${exitCodes.locked}\n`,
    );
    expect(recipe('glacier-up.service')).toContain(`\nSuccessExitStatus=${exitCodes.locked}\n`);
  });
});
