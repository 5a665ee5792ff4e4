/**
 * Runs the real `sha256sum` of GNU coreutils and ours side by side. Up to 1 MiB a tree hash is the plain SHA-256, so
 * that both must print the same bytes. Where we differ on purpose, the case says why. Ours is the shipped program; where the
 * same cases come again with other flags, it is its `main` within this process.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import type { Output } from '../../src/cli/output/output.js';
import { makeContext } from '../helpers/cli.js';

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));
const isGnu = spawnSync('sha256sum', ['--version']).stdout?.includes('GNU coreutils') === true;

let folder: string;

interface Ending {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** Output in Latin-1: byte for byte, whatever is in a name. */
function runIn(file: string, args: readonly string[], input: Buffer): Ending {
  const env = { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C' };
  const { stdout, stderr, status } = spawnSync(file, args, { cwd: folder, input, env, encoding: 'latin1' });
  return { stdout, stderr, code: status };
}

function sha256sum(args: readonly string[], input: Buffer = Buffer.alloc(0)): Ending {
  const ending = runIn('sha256sum', args, input);
  return {
    ...ending,
    stdout: ending.stdout.replaceAll('SHA256 (', 'SHA256-TREE ('),
    // Theirs quotes odd names in messages as a shell would; ours makes control characters visible, and no more.
    stderr: ending.stderr
      .replaceAll(/^sha256sum: ('(.*)'(?=: ))?/gm, '$2')
      .replaceAll(' SHA256 ', ' SHA256-TREE '),
  };
}

function treehash(args: readonly string[], input: Buffer = Buffer.alloc(0)): Ending {
  return withoutName(runIn(process.execPath, [bin, 'treehash', ...args], input));
}

/** The same command within this process, in the same folder. */
async function treehashHere(args: readonly string[]): Promise<Ending> {
  const { context } = makeContext({ folder });
  const [stdout, stderr] = [collector(), collector()];
  const before = process.cwd();
  process.chdir(folder);
  try {
    const ending = await main(['treehash', ...args], { ...context, stdout, stderr });
    const code = 'code' in ending ? ending.code : null;
    return withoutName({ stdout: stdout.text(), stderr: stderr.text(), code });
  } finally {
    process.chdir(before);
  }
}

/** An output in Latin-1. */
function collector(): Output & { text(): string } {
  const pieces: Buffer[] = [];
  return {
    write: (text) => pieces.push(Buffer.from(text)),
    text: () => Buffer.concat(pieces).toString('latin1'),
  };
}

function withoutName(ending: Ending): Ending {
  return { ...ending, stderr: ending.stderr.replaceAll(/^glacier-up: (treehash: )?/gm, '') };
}

const names = {
  plain: 'plain',
  empty: 'empty',
  whole: 'one-mib',
  space: ' two  spaces ',
  newline: 'new\nline',
  return: 'carriage\rreturn',
  backslash: 'back\\slash',
  both: 'both\\n\n',
  dash: '-dash',
  star: '*star',
  parens: 'a) = (b',
  unicode: 'grüße-日本-🧊',
  escape: 'esc\u001b[31m',
  hash: '#hash',
};
const all = Object.values(names);
const zeros = '0'.repeat(64);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacier-up-coreutils-'));
  for (const name of all) writeFileSync(join(folder, name), `content of ${name}`);
  writeFileSync(join(folder, names.empty), '');
  writeFileSync(join(folder, names.whole), Buffer.alloc(1024 * 1024, 'whole'));
  writeFileSync(join(folder, 'locked'), 'secret');
  chmodSync(join(folder, 'locked'), 0);
  mkdirSync(join(folder, 'folder'));
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder}/latin`), Buffer.from([0xe9])]),
    'a name that is not UTF-8',
  );
  const good = sha256sum(['--', ...all]).stdout;
  const [plain = '', whole = ''] = sha256sum([names.plain, names.whole]).stdout.split('\n');
  const lists: Record<string, string> = {
    'good.list': good,
    'tagged.list': spawnSync('sha256sum', ['--tag', '--', ...all], { cwd: folder, encoding: 'latin1' })
      .stdout,
    'upper.list': good.replaceAll(/^\\?[0-9a-f]{64}/gm, (hex) => hex.toUpperCase()),
    'binary.list': good.replaceAll(/^(\\?[0-9a-f]{64}) {2}/gm, '$1 *'),
    'crlf.list': good.replaceAll('\n', '\r\n'),
    'bad.list': `${plain}\n${zeros}  ${names.whole}\n`,
    'two-bad.list': `${zeros}  ${names.plain}\n${zeros}  ${names.whole}\n`,
    'missing.list': `${plain}\n${zeros}  gone\n${whole}\n`,
    'two-missing.list': `${plain}\n${zeros}  gone\n${zeros}  gone too\n`,
    'only-missing.list': `${zeros}  gone\n`,
    'folder.list': `${plain}\n${zeros}  folder\n`,
    'malformed.list': `${plain}\nnonsense\n${whole}\n`,
    'two-malformed.list': `${plain}\nnonsense\n${zeros.slice(1)}  short\n`,
    'everything.list': `nonsense\n${plain}\n${zeros}  ${names.whole}\n${zeros}  gone\n`,
    'no-line.list': 'nonsense\n',
    'empty.list': '',
    'comment.list': `# a comment\n\n${plain}\n`,
    'no-end.list': plain,
    'indented.list': `  ${plain}\n\t${plain}\n`,
    'reversed.list': `${plain.replace('  ', ' ')}\n`,
    'mixed.list': `${plain}\n${plain.replace('  ', ' ')}\n`,
    'mixed-other.list': `${plain.replace('  ', ' ')}\n${plain}\n`,
    'tab.list': `${plain.replace('  ', '\t ')}\n`,
    'bad-escape.list': `${plain}\n\\${zeros}  a\\tb\n`,
    'end-escape.list': `${plain}\n\\${zeros}  a\\\n`,
    'needless-escape.list': `\\${plain}\n`,
    'no-name.list': `${plain}\n${zeros}  \n`,
    'not-hex.list': `${plain}\n${'g'.repeat(64)}  gee\n`,
    'latin.list': sha256sum(['./latin\u00e9']).stdout || '',
    'self.list': `${zeros}  -\n`,
  };
  for (const [name, text] of Object.entries(lists)) {
    writeFileSync(join(folder, name), text.replaceAll('SHA256 (', 'SHA256-TREE ('), 'latin1');
  }
  // What `sha256sum` reads has its own tag.
  writeFileSync(join(folder, 'tagged.theirs'), lists['tagged.list'] ?? '', 'latin1');
});
afterAll(() => rmSync(folder, { recursive: true }));

const list = (name: string): Buffer => readFileSync(join(folder, name));

describe.runIf(isGnu)('printing, like sha256sum', () => {
  for (const [kind, name] of Object.entries(names)) {
    it(`prints a name with ${kind}`, () => {
      expect(treehash(['--', name])).toEqual(sha256sum(['--', name]));
    });

    for (const flags of [['--tag'], ['-z'], ['--zero', '--tag']]) {
      it(`prints a name with ${kind} ${flags.join(' ')}`, async () => {
        expect(await treehashHere([...flags, '--', name])).toEqual(sha256sum([...flags, '--', name]));
      });
    }
  }

  it('prints several files in their order', () => {
    expect(treehash(['--', ...all])).toEqual(sha256sum(['--', ...all]));
  });

  it('reads standard input without an operand', () => {
    const input = Buffer.from('from a pipe');
    expect(treehash([], input)).toEqual(sha256sum([], input));
  });

  it('reads standard input for -, wherever it stands, and finds it at its end the second time', () => {
    const input = Buffer.from('from a pipe');
    const args = [names.plain, '-', '-', names.whole];
    expect(treehash(args, input)).toEqual(sha256sum(args, input));
    expect(treehash(['--tag', '-'], input)).toEqual(sha256sum(['--tag', '-'], input));
  });

  it('prints the others when one is missing, and exits 1', () => {
    const args = [names.plain, 'gone', names.whole];
    expect(treehash(args)).toEqual(sha256sum(args));
  });

  it('prints the others when one is a directory, and exits 1', () => {
    const args = ['folder', names.plain, 'plain/below'];
    expect(treehash(args)).toEqual(sha256sum(args));
  });

  it.skipIf(process.getuid?.() === 0)('prints the others when one cannot be read, and exits 1', () => {
    const args = ['locked', names.plain];
    expect(treehash(args)).toEqual(sha256sum(args));
  });

  it('reads devices to their end', () => {
    expect(treehash(['/dev/null'])).toEqual(sha256sum(['/dev/null']));
  });
});

describe.runIf(isGnu)('checking, like sha256sum --check', () => {
  const lists = [
    'good upper binary crlf bad two-bad missing two-missing only-missing folder malformed two-malformed',
    'everything no-line empty comment no-end indented reversed mixed mixed-other tab bad-escape end-escape',
    'needless-escape no-name not-hex',
  ];
  for (const name of lists.join(' ').split(' ')) {
    it(`checks a list that is ${name}`, () => {
      expect(treehash(['-c', `${name}.list`])).toEqual(sha256sum(['-c', `${name}.list`]));
    });
  }

  for (const flags of [
    ['--quiet'],
    ['--status'],
    ['--warn'],
    ['-w', '--strict'],
    ['--strict'],
    ['--ignore-missing'],
    ['--ignore-missing', '--quiet'],
    ['--ignore-missing', '--status'],
    ['--quiet', '--strict'],
  ]) {
    it(`takes ${flags.join(' ')}`, async () => {
      for (const name of ['everything', 'two-malformed', 'good', 'only-missing', 'no-line', 'missing']) {
        const args = ['--check', ...flags, `${name}.list`];
        expect({ name, ...(await treehashHere(args)) }).toEqual({ name, ...sha256sum(args) });
      }
    });
  }

  it('takes --quiet, --warn and --status together, in any order', () => {
    // With theirs the last one undoes the others. With us each holds, and --status is silent whatever else is said.
    const silent = treehash(['--check', '--status', '--warn', 'two-malformed.list']);
    expect(silent).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(sha256sum(['--check', '--status', '--warn', 'two-malformed.list']).stderr).not.toBe('');
    const both = treehash(['--check', '--quiet', '--warn', 'two-malformed.list']);
    expect(both).toEqual({
      ...sha256sum(['--check', '--warn', 'two-malformed.list']),
      stdout: '',
    });
  });

  it('reads the list from standard input', () => {
    for (const name of ['good.list', 'everything.list', 'no-line.list']) {
      expect(treehash(['-c'], list(name))).toEqual(sha256sum(['-c'], list(name)));
      expect(treehash(['-c', '-', '-w'], list(name))).toEqual(sha256sum(['-c', '-', '-w'], list(name)));
    }
  });

  it('checks standard input where a list names it, and not where it is the list', () => {
    const input = Buffer.from('from a pipe');
    expect(treehash(['-c', 'self.list'], input)).toEqual(sha256sum(['-c', 'self.list'], input));
    expect(treehash(['-c'], list('self.list'))).toEqual(sha256sum(['-c'], list('self.list')));
  });

  it('checks several lists, each with its own warnings', () => {
    const args = ['-c', 'bad.list', 'missing.list', 'gone.list', 'good.list', 'malformed.list'];
    expect(treehash(args)).toEqual(sha256sum(args));
  });

  it('checks names that are not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from(sha256sum(['-'], Buffer.from('a name that is not UTF-8')).stdout.replace(/-\n$/, 'latin')),
      Buffer.from([0xe9, 0x0a]),
    ]);
    const theirs = sha256sum(['-c'], bytes);
    expect(treehash(['-c'], bytes)).toEqual(theirs);
    expect(theirs.stdout).toBe('latin\u00e9: OK\n');
  });

  it('checks tagged lines, which have a tag of their own', () => {
    expect(treehash(['-c', 'tagged.list'])).toEqual(sha256sum(['-c', 'tagged.theirs']));
  });

  it('does not take lines of sha256sum --tag for its own, and says what they are', () => {
    const { stdout, stderr, code } = treehash(['-c', 'tagged.theirs']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toBe(
      'tagged.theirs: no properly formatted checksum lines found\n' +
        'hint: tagged.theirs: this looks like a sha256sum file: check it with sha256sum --check\n',
    );
  });

  it('says of a list that is a directory what printing says of one', () => {
    // Theirs has "read error" here, which says less.
    expect(treehash(['-c', 'folder'])).toEqual({ stdout: '', stderr: 'folder: Is a directory\n', code: 1 });
    expect(sha256sum(['-c', 'folder']).code).toBe(1);
  });
});

describe.runIf(isGnu)('usage errors, like those of sha256sum', () => {
  for (const args of [
    ['--status', 'plain'],
    ['--warn', 'plain'],
    ['--strict', 'plain'],
    ['--ignore-missing', 'plain'],
    ['--tag', '--check', 'good.list'],
    ['--zero', '--check', 'good.list'],
    ['--unknown', 'plain'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      const ours = treehash(args);
      const theirs = sha256sum(args);
      // Every command of ours exits 2 for wrong usage; theirs, having few exit codes, 1.
      expect([ours.code, theirs.code]).toEqual([2, 1]);
      expect([ours.stdout, theirs.stdout]).toEqual(['', '']);
      expect([ours.stderr.split('\n').length, theirs.stderr.split('\n').length]).toEqual([3, 3]);
    });
  }

  it('allows --quiet without --check, which every command of ours has', () => {
    expect(treehash(['--quiet', 'plain'])).toEqual(sha256sum(['plain']));
    expect(sha256sum(['--quiet', 'plain']).code).toBe(1);
  });
});
