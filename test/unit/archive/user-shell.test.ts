import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { shellWords } from '../../../src/archive/user-shell.js';
import { tempFolder } from '../../helpers/temp-folder.js';

afterEach(() => void vi.unstubAllEnvs());

const none = new Set<never>();

function runInShell(command: string): { status: number | null; stdout: string } {
  const [file, ...words] = shellWords(command, none);
  const { status, stdout } = spawnSync(file, words, { encoding: 'utf8' });
  return { status, stdout };
}

/** A PATH on which `sh` is the only shell; one that does not know pipefail unless it is said to. */
function onlySh({ knowsPipefail }: { knowsPipefail: boolean }): void {
  const folder = tempFolder();
  const sh = join(folder, 'sh');
  const bash = spawnSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).stdout.trim();
  // As dash before 0.5.13 does.
  const refusal = '#!/bin/sh\n[ "$1" = -o ] && { echo "Illegal option -o pipefail" >&2; exit 2; }\n';
  if (knowsPipefail) symlinkSync(bash, sh);
  else {
    writeFileSync(sh, `${refusal}PATH=/usr/bin:/bin exec /bin/sh "$@"\n`);
    chmodSync(sh, 0o755);
  }
  vi.stubEnv('PATH', folder);
}

describe('the shell of a command', () => {
  test.each([
    ['a first stage', '(exit 3) | cat'],
    ['a stage in the middle', 'echo a | (cat; exit 3) | cat'],
    ['a last stage', 'echo a | (exit 3)'],
    ['a pipeline inside a group', '{ (exit 3) | cat; } && echo done'],
    ['a pipeline in a second line', 'echo a\n(exit 3) | cat'],
    ['a pipeline of eval', "eval '(exit 3) | cat'"],
  ])('reports the failure of %s', (_, command) => {
    expect(runInShell(command).status).toBe(3);
  });

  test.each([
    ['a pipeline that succeeds', 'echo a | cat', 'a\n'],
    ['a comment with a bar', 'echo a # b | c', 'a\n'],
    ['a here-document', 'cat <<END | cat\na\nEND\n', 'a\n'],
    ['a failure that is handled', '{ (exit 3) || echo a; } | cat', 'a\n'],
    ['a stage that may be ended by SIGPIPE', '{ yes || [ $? = 141 ]; } | head -n 1', 'y\n'],
  ])('runs %s', (_, command, stdout) => {
    expect(runInShell(command)).toEqual({ status: 0, stdout });
  });

  test('takes a command that begins with a hyphen for no option', () => {
    expect(runInShell('--version')).toEqual({ status: 127, stdout: '' });
  });

  test('is not changed by what the environment holds for bash', () => {
    const startup = join(tempFolder(), 'startup');
    writeFileSync(startup, 'echo startup\nset +o pipefail\n');
    vi.stubEnv('BASH_ENV', startup);
    vi.stubEnv('SHELLOPTS', 'braceexpand:noexec');
    vi.stubEnv('BASH_FUNC_cat%%', '() { echo function; }');
    expect(runInShell('echo a | cat')).toEqual({ status: 0, stdout: 'a\n' });
    expect(runInShell('(exit 3) | cat')).toEqual({ status: 3, stdout: '' });
  });

  test('is sh where there is no bash and sh knows pipefail', () => {
    onlySh({ knowsPipefail: true });
    expect(shellWords('a | b', none)).toEqual(['sh', '-o', 'pipefail', '-c', '--', 'a | b']);
    expect(runInShell('(exit 3) | :').status).toBe(3);
  });

  test.each([
    'false | true',
    'false |& true',
    'a || b | c',
    'echo "a|b"',
    'eval "$COMMAND"',
    '. ./script',
    'x && source script',
  ])('that knows no pipefail is refused for %s', (command) => {
    onlySh({ knowsPipefail: false });
    expect(() => shellWords(command, none)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('install bash') }),
    );
  });

  test.each(['true', 'true || false', './evaluate.sh', 'cat a.b'])(
    'that knows no pipefail runs %s',
    (command) => {
      onlySh({ knowsPipefail: false });
      expect(shellWords(command, none)).toEqual(['sh', '-c', '--', command]);
    },
  );

  test('keeps signals ignored that glacier-up ignores', () => {
    const [file, ...words] = shellWords(
      'kill -HUP $$; kill -INT $$; echo alive',
      new Set(['SIGHUP', 'SIGINT']),
    );
    expect(spawnSync(file, words, { encoding: 'utf8' }).stdout).toBe('alive\n');
  });
});
