import { describe, expect, test } from 'vitest';
import type { ProgressDisplay } from '../../../src/cli/output/progress-display.js';
import { canAnimate, makeReporter } from '../../../src/cli/output/reporter.js';
import { GlacierUpError } from '../../../src/errors.js';
import { hint, step } from '../../../src/hint.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { makeContext } from '../../helpers/cli.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const MiB = 1024 ** 2;
const sending: TransferEvent = {
  kind: 'sending',
  file: 'a.tar',
  uploadId: 'u',
  plan: { sizeBytes: 2 * MiB, partSizeBytes: MiB, partCount: 2 },
  keptParts: 0,
  keptBytes: 0,
  isNew: true,
};
const stored: TransferEvent = { kind: 'part-stored', range: { start: 0, end: MiB } };

/** A reporter, what it has written, and what the display was asked for. */
function reporting(options: Parameters<typeof makeReporter>[1] = {}, fault?: Error) {
  const clock = fakeClock();
  const { context, stdout, stderr } = makeContext({ folder: '/nonexistent', clock });
  const calls: string[] = [];
  const display: ProgressDisplay = {
    update: () => calls.push('update'),
    aside: (write) => {
      calls.push('aside');
      write();
    },
    stop: () => calls.push('stop'),
  };
  const ours = { ...context, stdout: Object.assign(context.stdout, { fault }) };
  const shown = makeReporter(ours, options, () => {
    calls.push('begin');
    return display;
  });
  return { reporter: shown, plain: makeReporter(ours, options), stdout, stderr, calls, clock };
}

describe('what a command says', () => {
  test('of its result goes to stdout, all else to stderr, and control characters are shown', () => {
    const { reporter, stdout, stderr } = reporting();
    reporter.line('a\u001b[2J');
    reporter.raw('b\u001b');
    reporter.json({ type: 'archive' });
    reporter.note('c\u001b');
    expect([stdout(), stderr()]).toEqual(['a\\x1b[2J\nb\u001b', 'glacier-up: c\\x1b\n']);
  });

  test('with --json are objects, with the schema after the type, and notes are objects too', () => {
    const { reporter, stdout, stderr } = reporting({ json: true });
    reporter.json({ type: 'archive', file: 'a' });
    reporter.urgent('c');
    expect(stdout()).toBe('{"type":"archive","schema":1,"file":"a"}\n');
    expect(stderr()).toBe('{"type":"note","schema":1,"message":"c"}\n');
  });

  test.each([
    [{}, ['urgent', 'note']],
    [{ quiet: true }, ['urgent']],
    [{ verbose: true }, ['urgent', 'note', 'verbose']],
    [{ debug: true }, ['urgent', 'note', 'verbose']],
    [{ quiet: true, verbose: true }, ['urgent']],
  ])('with %j is %j', (options, words) => {
    const { reporter, stderr } = reporting(options);
    reporter.urgent('urgent');
    reporter.note('note');
    reporter.verbose('verbose');
    expect(stderr()).toBe(words.map((word) => `glacier-up: ${word}\n`).join(''));
  });

  test('never has the password of a URL', () => {
    const { reporter, stderr } = reporting();
    reporter.note('proxy http://me:secret@proxy:3128 refuses');
    expect(stderr()).toBe('glacier-up: proxy http://***@proxy:3128 refuses\n');
  });

  test('in many lines is written until nobody reads any more', async () => {
    const { reporter, stdout } = reporting();
    expect(await reporter.lines(['a\nb', 'c'])).toBe(true);
    expect(await reporter.jsons([{ type: 'x', n: 1 }])).toBe(true);
    expect(stdout()).toBe('a\\nb\nc\n{"type":"x","schema":1,"n":1}\n');
    expect(await reporting({}, new Error('EPIPE')).reporter.lines(['a'])).toBe(false);
  });
});

describe('the progress', () => {
  test('begins with the first transfer, makes room for text, and ends with it', () => {
    const { reporter, calls } = reporting();
    reporter.emit({ kind: 'note', message: 'before' });
    expect(calls).toEqual([]);
    reporter.emit(sending);
    reporter.emit({ kind: 'bytes', sizeBytes: MiB });
    reporter.line('a result');
    reporter.emit({ kind: 'ended' });
    expect(calls).toEqual(['begin', 'update', 'update', 'aside', 'stop']);
    reporter.status();
  });

  test('is shown once, though a file is hashed before it is sent', () => {
    const { reporter, calls } = reporting();
    reporter.emit({ kind: 'hashing', file: 'a.tar', totalBytes: 1 });
    reporter.emit(sending);
    expect(calls.filter((call) => call === 'begin')).toEqual(['begin']);
  });

  test.each([{ quiet: true }, { json: true }, { progress: false }])('is not there with %j', (options) => {
    const { reporter, calls } = reporting(options);
    reporter.emit(sending);
    expect(calls).toEqual([]);
  });

  test('is a line a minute where there is no terminal', () => {
    const { plain, stderr, clock } = reporting();
    plain.emit(sending);
    clock.pass(60_000);
    plain.emit({ kind: 'bytes', sizeBytes: MiB });
    expect(stderr()).toMatch(/glacier-up: 50% 1 MiB of 2 MiB, .*part 0 of 2\n$/);
  });

  test('is printed when it is asked for, also when nothing is sent', () => {
    const { reporter, stderr } = reporting({ quiet: true });
    reporter.status();
    reporter.emit(sending);
    reporter.status();
    reporter.close();
    reporter.status();
    expect(stderr().split('\n')).toEqual([
      'glacier-up: nothing is being sent',
      'glacier-up: 0% 0 bytes of 2 MiB, part 0 of 2',
      'glacier-up: nothing is being sent',
      '',
    ]);
  });
});

describe('the events of several files', () => {
  test('have the name of the file in front, unless they name it, and do not end the whole', () => {
    const { reporter, stderr, calls } = reporting({ verbose: true });
    const files = reporter.beginFiles(2);
    const emit = files.emitOf('a.tar');
    emit(sending);
    emit(stored);
    emit({ kind: 'ended' });
    expect(stderr().split('\n')).toEqual([
      'glacier-up: a.tar: sending 2 MiB in 2 parts of 1 MiB',
      'glacier-up: a.tar: part 0-1048575 stored',
      '',
    ]);
    expect(calls).not.toContain('stop');
  });

  test('have it also where the name is a word of the message', () => {
    const { reporter, stderr } = reporting({ verbose: true });
    const emit = reporter.beginFiles(2).emitOf('part');
    emit(stored);
    emit({ kind: 'note', message: 'waiting for process 7, which holds the upload of part' });
    emit({ kind: 'completing', file: '/data/part' });
    expect(stderr().split('\n')).toEqual([
      'glacier-up: part: part 0-1048575 stored',
      'glacier-up: waiting for process 7, which holds the upload of part',
      'glacier-up: /data/part: completing',
      '',
    ]);
  });

  test('are counted by file', () => {
    const { reporter, stderr, calls } = reporting();
    const files = reporter.beginFiles(2);
    files.emitOf('a.tar')(sending);
    files.fileDone();
    expect(calls.at(-1)).toBe('update');
    reporter.status();
    expect(stderr()).toContain('glacier-up: 1 of 2 files\n');
  });
});

describe('an error', () => {
  const error = new GlacierUpError('upload-gone', 'it is gone', {
    hint: hint`run ${step('upload', 'a b')}`,
    service: { operation: 'ListParts', httpStatus: 404 },
    cause: new Error('below'),
  });

  test('has command, file, message and hint, each on its line', () => {
    const { reporter, stderr } = reporting();
    reporter.error(error, { command: 'resume', file: 'a\nb' });
    expect(stderr()).toBe('glacier-up: resume: a\\nb: it is gone\nhint: run "glacier-up upload \'a b\'"\n');
  });

  test('before a command was understood has neither', () => {
    const { reporter, stderr } = reporting();
    reporter.error(new GlacierUpError('failed', 'no disk'), { command: '' });
    expect(stderr()).toBe('glacier-up: no disk\n');
  });

  test('with --json has the next step as a command, and what the service answered', () => {
    const { reporter, stderr } = reporting({ json: true });
    reporter.error(error, { command: 'resume', file: 'a', typed: ({ words }) => `typed ${words.join(' ')}` });
    expect(JSON.parse(stderr())).toEqual({
      type: 'error',
      schema: 1,
      code: 'upload-gone',
      exitCode: 8,
      message: 'it is gone',
      hint: 'run "typed upload a b"',
      next: ['typed upload a b'],
      file: 'a',
      service: { operation: 'ListParts', code: null, httpStatus: 404, requestId: null },
    });
    reporter.error(new GlacierUpError('failed', 'no disk'), { command: '' });
    expect(JSON.parse(stderr().split('\n')[1] ?? '')).toEqual({
      type: 'error',
      schema: 1,
      code: 'failed',
      exitCode: 1,
      message: 'no disk',
    });
  });

  test('of usage leads to the help of its command', () => {
    const { reporter, stderr } = reporting();
    reporter.error(new GlacierUpError('usage', 'no file'), { command: 'upload' });
    expect(stderr()).toContain('hint: see glacier-up upload --help');
  });

  test('has the stacks of its causes with --debug alone', () => {
    const told = (options: { debug?: boolean }) => {
      const { reporter, stderr } = reporting(options);
      reporter.error(error, { command: 'resume' });
      return stderr();
    };
    expect(told({})).not.toContain('Error: below');
    expect(told({ debug: true })).toMatch(/GlacierUpError: it is gone\n[\s\S]*Error: below\n {4}at /);
  });
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { TERM: 'dumb' }, false],
  [true, { TERM: 'xterm' }, true],
  [true, { CI: 'true' }, false],
  [true, { CI: '' }, true],
])('where stderr is a terminal (%s) and the environment has %j, a bar is drawn: %s', (isTTY, env, can) => {
  const { context } = makeContext({ folder: '/nonexistent', env, ...(isTTY ? { columns: 80 } : {}) });
  expect(canAnimate(context)).toBe(can);
});
