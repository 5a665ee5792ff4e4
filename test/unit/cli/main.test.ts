import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { type CliOptions, makeContext } from '../../helpers/cli.js';
import { steppedClock } from '../../helpers/fake-clock.js';

/** `treehash -` waits for its standard input: for as long as a test wants. */
function waiting(how: Partial<CliOptions> & { ignored?: ('SIGINT' | 'SIGHUP')[] } = {}) {
  const signals = new EventEmitter();
  const clock = steppedClock();
  const stdin = new PassThrough();
  const { ignored = [], ...options } = how;
  const made = makeContext({ folder: '/nonexistent', signals, clock, stdin, ...options });
  const kills: string[] = [];
  const context = {
    ...made.context,
    ignoredSignals: new Set(ignored),
    kill: (signal: string) => void kills.push(signal),
  };
  const ending = main(['treehash', '-'], context);
  /** It listens to its standard input. */
  const begun = async (): Promise<void> => {
    while (stdin.listenerCount('readable') === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...made, signals, clock, stdin, kills, ending, begun };
}

const stopping = 'stopping; run it again to resume (press again to quit)';

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s stops the work, and is how it ends', async (signal) => {
    const { signals, ending, stderr, stdout, kills, begun } = waiting();
    await begun();
    signals.emit(signal);
    expect(await ending).toEqual({ signal });
    expect([stderr(), stdout(), kills]).toEqual([`glacier-up: ${signal}: ${stopping}\n`, '', []]);
  });

  test('that comes again ends the process at once', async () => {
    const { signals, ending, kills, begun } = waiting();
    await begun();
    signals.emit('SIGINT');
    signals.emit('SIGTERM');
    expect(kills).toEqual(['SIGTERM']);
    await ending;
  });

  test('ends the process when the work has not stopped in time', async () => {
    const { signals, clock, ending, kills, begun } = waiting();
    await begun();
    signals.emit('SIGINT');
    clock.pass(4499);
    expect(kills).toEqual([]);
    clock.pass(1);
    expect(kills).toEqual(['SIGINT']);
    await ending;
  });

  test('ends nothing once the work has stopped', async () => {
    const { signals, clock, ending, kills, begun } = waiting();
    await begun();
    signals.emit('SIGINT');
    await ending;
    clock.pass(10_000);
    expect(kills).toEqual([]);
    expect(signals.eventNames().flatMap((name) => signals.listeners(name))).toEqual([]);
  });

  test('that was ignored when the process began stays ignored', async () => {
    const { signals, stdin, ending, stderr, begun } = waiting({ ignored: ['SIGHUP'] });
    await begun();
    signals.emit('SIGHUP');
    stdin.end('x');
    expect(await ending).toEqual({ code: 0 });
    expect(stderr()).toBe('');
  });

  test('SIGUSR2 says how far things are, and stops nothing', async () => {
    const { signals, stdin, ending, stderr, begun } = waiting();
    await begun();
    signals.emit('SIGUSR2');
    stdin.end('x');
    expect(await ending).toEqual({ code: 0 });
    expect(stderr()).toMatch(/^glacier-up: /);
  });
});

describe('a command line', () => {
  const run = async (argv: string[], how: Partial<CliOptions> & { fault?: NodeJS.ErrnoException } = {}) => {
    const { fault, ...options } = how;
    const { context, stdout, stderr } = makeContext({ folder: '/nonexistent', ...options });
    const ending = await main(argv, { ...context, stdout: Object.assign(context.stdout, { fault }) });
    return { ending, stdout: stdout(), stderr: stderr() };
  };

  test('that asks for help gets it, as wide as the terminal', async () => {
    const narrow = await run(['--help'], { columns: 60 });
    expect(narrow.ending).toEqual({ code: 0 });
    expect(Math.max(...narrow.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test('without a command gets short help on stderr, and exit 2', async () => {
    const { ending, stdout, stderr } = await run([]);
    expect([ending, stdout]).toEqual([{ code: 2 }, '']);
    expect(stderr).toContain('upload');
    const json = await run(['--json']);
    expect([json.ending, json.stdout]).toEqual([{ code: 2 }, '']);
    expect(JSON.parse(json.stderr)).toMatchObject({ type: 'error', code: 'usage', exitCode: 2 });
  });

  test('with an option before the command is told where it goes', async () => {
    const { ending, stderr } = await run(['--vault', 'x']);
    expect(ending).toEqual({ code: 2 });
    expect(stderr).toContain('options go after the command: glacier-up COMMAND --vault');
  });

  test('whose result cannot be written has failed, unless its reader went away', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    const { ending, stderr } = await run(['sessions', '--json', '--quiet'], { fault: full });
    expect(ending).toEqual({ code: 1 });
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'failed',
      message: 'the result could not be written to standard output: ENOSPC: no space left',
      next: ['glacier-up receipts'],
    });
    const gone = Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
    expect(await run(['sessions', '--json', '--quiet'], { fault: gone })).toMatchObject({
      ending: { code: 0 },
      stderr: '',
    });
  });
});
