/** Signals on the shipped program, with a terminal where a terminal is meant. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Machine, makeMachine, program, runUntilDone } from './helpers/machine.js';
import { assertPromise, receiptsOf, sessionsLeft } from './helpers/promise.js';
import { readVault, type ServedVault, serveHere } from './helpers/served-vault.js';

/** Each starts several processes, one after the other. */
vi.setConfig({ testTimeout: 180_000 });

const saying = 'stopping; run it again to resume';

interface Started {
  process: ChildProcess;
  /** Waits until what it has said so far, stdout and stderr together, holds this. */
  said(text: string | RegExp): Promise<string>;
  /** Exit code or signal. */
  end: Promise<{ code: number | null; signal: NodeJS.Signals | null; text: string }>;
}

/** Starts a command in a session of its own, in the machine's environment and no other. */
function start(
  machine: Machine,
  command: readonly string[],
  { env = {}, input = 'ignore' as 'ignore' | 'pipe' } = {},
): Started {
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: join(machine.folder, 'cwd'),
    env: { ...machine.env, ...env },
    stdio: [input, 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (piece) => {
      text += piece;
      for (const listener of listeners) listener();
    });
  }
  const end = once(child, 'close').then(([code, signal]) => ({ code, signal, text }));
  onTestFinished(() => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL');
    } catch {
      // It has ended, and all that it had started.
    }
  });
  const said = (wanted: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (typeof wanted === 'string' ? !text.includes(wanted) : !wanted.test(text)) return;
        listeners.delete(look);
        resolve(text);
      };
      listeners.add(look);
      look();
      end.then(() => reject(new Error(`it ended without saying ${wanted}: ${text}`)), reject);
    });
  return { process: child, said, end };
}

const node = (...words: string[]): string[] => [process.execPath, program, ...words];

/** Runs words under a terminal of its own: what is written to it is typed. */
function onTerminal(machine: Machine, words: readonly string[], env: Record<string, string> = {}): Started {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const command = ['script', '--quiet', '--return', '--flush', '--command', quoted, '/dev/null'];
  return start(machine, command, { input: 'pipe', env: { TERM: 'xterm', SHELL: '/bin/sh', ...env } });
}

const ctrlC = '\u0003';
const type = ({ process: { stdin } }: Started, text: string): void => void stdin?.write(text);

/** `upload` of the machine's file; a served vault with these faults. */
async function uploading(faults: string[], ...words: string[]) {
  const machine = makeMachine();
  const server = await serveHere({ faults });
  await server.createVault('v');
  const upload = [
    'upload',
    machine.file,
    '--part-size',
    '1M',
    '--concurrency',
    '1',
    ...server.words('v'),
    ...words,
  ];
  return { machine, server, upload };
}

/** The same folder, served at the same address without faults; the upload is then run to its end. */
async function carriesOn(machine: Machine, server: ServedVault, upload: string[]): Promise<void> {
  await server.kill();
  await serveHere({ folder: server.folder, port: new URL(server.url).port });
  await runUntilDone(machine, upload);
  assertPromise(machine, { vaultFolder: server.folder, vault: 'v' });
}

describe('one Ctrl-C says at once what happens, and ends the program by SIGINT', () => {
  test.each([
    ['a part', ['upload-part#3-:black-hole'], ': sending '],
    ['the reply to a part', ['upload-part#3-:slow-reply=10m'], ': sending '],
    ['Initiate', ['initiate:black-hole'], ''],
    ['Complete', ['complete:black-hole'], 'completing'],
    ['the reply to Complete', ['complete:slow-reply=10m'], 'completing'],
    ['the next try', ['upload-part#3-:status=503'], 'failed: '],
  ])('while the service is silent about %s', async (_, faults, moment) => {
    const { machine, server, upload } = await uploading(faults, '--verbose', '--read-timeout', '10m');
    const run = onTerminal(machine, node(...upload));
    await run.said(moment);
    if (moment === '') await waitFor(() => sessionsLeft(machine).length > 0);
    type(run, ctrlC);
    const { code, text } = await run.end;
    expect(code, text).toBe(128 + 2);
    expect(text).toContain(`SIGINT: ${saying}`);
    // A bar was on the terminal; its cursor is back and lines wrap again.
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(text.lastIndexOf('\u001b[?25l'));
    await carriesOn(machine, server, upload);
  });

  test('while a file is hashed', async () => {
    const { machine, server, upload } = await uploading(['upload-part#4-:status=503'], '--retry-for', '0');
    await machine.run(upload);
    const big = join(machine.folder, 'big');
    writeFileSync(big, '');
    truncateSync(big, 64 * 1024 ** 3);
    utimesSync(machine.file, new Date(), new Date());
    const run = onTerminal(machine, node('treehash', big));
    await waitFor(() => run.process.exitCode === null && childOf(run) !== null);
    type(run, ctrlC);
    const { code, text } = await run.end;
    expect(code, text).toBe(128 + 2);
    expect(server.url).toMatch(/^http/);
  });

  test('while another process is waited for that holds the upload', async () => {
    const { machine, upload } = await uploading(['upload-part#3-:black-hole'], '--read-timeout', '10m');
    const holder = start(machine, node(...upload));
    await holder.said('sending');
    const run = onTerminal(machine, node(...upload, '--wait-lock', '10m'));
    await run.said('waiting for process');
    type(run, ctrlC);
    const { code, text } = await run.end;
    expect(code, text).toBe(128 + 2);
    expect(text).toContain(`SIGINT: ${saying}`);
  });

  test('while it asks whether to drop an upload: nothing is dropped', async () => {
    const { machine, server, upload } = await uploading(['upload-part#3-:status=503'], '--retry-for', '0');
    await machine.run(upload);
    const run = onTerminal(machine, node('abort', machine.file, ...server.words('v')));
    await run.said('Drop it? [y/N]');
    type(run, ctrlC);
    const { code, text } = await run.end;
    expect(code, text).toBe(128 + 2);
    expect(readVault(server.folder, 'v').openUploads).toMatchObject([{ partLines: 2 }]);
    await carriesOn(machine, server, upload);
  });

  test('and a shell’s loop over files stops with it', async () => {
    const { machine, server } = await uploading(['upload-part:black-hole']);
    const files = ['a', 'b', 'c'].map((name) => join(machine.folder, 'cwd', name));
    for (const file of files) writeFileSync(file, 'content');
    const words = node(...['upload'], ...server.words('v'))
      .map((word) => `"${word}"`)
      .join(' ');
    const loop = `for file in a b c; do ${words} "$file"; done; echo after the loop`;
    const run = onTerminal(machine, ['bash', '-c', loop]);
    await run.said('a: sending');
    type(run, ctrlC);
    const { text } = await run.end;
    expect(text).not.toContain('b: sending');
    expect(text).not.toContain('after the loop');
    expect(sessionsLeft(machine)).toHaveLength(1);
  });
});

describe('a second signal', () => {
  test('ends the program at once, though a part is still being hashed; state is whole', async () => {
    const { machine, server, upload } = await uploading([]);
    const big = join(machine.folder, 'cwd', 'big');
    writeFileSync(big, '');
    truncateSync(big, 64 * 1024 ** 3);
    const run = start(machine, node('upload', big, '--part-size', '4G', ...server.words('v')));
    await run.said('sending 64 GiB');
    run.process.kill('SIGTERM');
    await run.said(`SIGTERM: ${saying}`);
    run.process.kill('SIGINT');
    expect(await run.end).toMatchObject({ signal: 'SIGINT' });
    expect(sessionsLeft(machine).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    await runUntilDone(machine, upload);
  });
});

describe('without a terminal', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s saves and ends the program by that signal',
    async (signal) => {
      const { machine, server, upload } = await uploading(
        ['upload-part#3-:black-hole'],
        '--read-timeout',
        '10m',
      );
      // A session of its own: no terminal.
      const run = start(machine, node(...upload, '--verbose'));
      await run.said('1048576-2097151 stored');
      run.process.kill(signal);
      const end = await run.end;
      expect(end, end.text).toMatchObject({ code: null, signal });
      expect(end.text).toContain(`${signal}: ${saying}`);
      await carriesOn(machine, server, upload);
    },
  );

  test.each([
    ['SIGHUP', 'as nohup does'],
    ['SIGINT', 'as a script does for what it starts with &'],
  ] as const)('%s that was ignored when it began, %s, stays ignored', async (signal, _how) => {
    const { machine, server, upload } = await uploading(['upload-part#3:delay=1s'], '--verbose');
    const words = [program, ...upload].map((word) => `"${word}"`).join(' ');
    const run = start(machine, ['sh', '-c', `trap '' ${signal.slice(3)}; exec ${words}`]);
    await run.said('1048576-2097151 stored');
    run.process.kill(signal);
    expect(await run.end).toMatchObject({ code: 0, signal: null });
    expect(readVault(server.folder, 'v').archives).toHaveLength(1);
  });

  test('SIGUSR1 opens no debugger, and SIGUSR2 says how far it is', async () => {
    const { machine, upload } = await uploading(['upload-part#3-:black-hole'], '--read-timeout', '10m');
    const run = start(machine, node(...upload, '--verbose'));
    await run.said('1048576-2097151 stored');
    run.process.kill('SIGUSR1');
    // Node would have said that its debugger listens before it comes to the next signal.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    run.process.kill('SIGUSR2');
    await run.said('of 4.50 MiB');
    run.process.kill('SIGTERM');
    const { signal, text } = await run.end;
    expect(signal).toBe('SIGTERM');
    expect(text).not.toContain('Debugger');
  });

  test('a signal that is ignored is ignored by the command of --exec too', async () => {
    const { machine, server } = await uploading([]);
    const words = ['upload', '-', '--name', 'x', ...server.words('v'), '--exec', 'kill -HUP $$; echo alive'];
    const quoted = [program, ...words].map((word) => `'${word}'`).join(' ');
    const run = start(machine, ['sh', '-c', `trap '' HUP; exec ${quoted}`]);
    const end = await run.end;
    expect(end, end.text).toMatchObject({ code: 0, signal: null });
    expect(readVault(server.folder, 'v').archives).toHaveLength(1);
  });

  test('being stopped for longer than every time limit loses nothing', async () => {
    const { machine, server, upload } = await uploading(
      ['upload-part#3:delay=3s'],
      ...['--verbose', '--read-timeout', '1s', '--connect-timeout', '1s', '--retry-for', '20s'],
    );
    const run = start(machine, node(...upload));
    await run.said('1048576-2097151 stored');
    run.process.kill('SIGSTOP');
    // Longer than the time limits, which is the fault itself.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    run.process.kill('SIGCONT');
    const { code, text } = await run.end;
    expect(code, text).toBe(0);
    expect(readVault(server.folder, 'v').archives).toHaveLength(1);
    expect(receiptsOf(machine)).toHaveLength(1);
  });
});

const container = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const canContain = spawnSync('unshare', [...container.slice(1), 'true']).status === 0;

describe.skipIf(!canContain)(
  'as the first process of a container, for which the kernel drops signals',
  () => {
    const asFirst = (words: readonly string[]): string[] => [
      ...container,
      ...['sh', '-c', 'exec "$@"', 'sh', program, ...words],
    ];
    /** Sends a signal to the program once it listens for it. */
    const signalTo = async (run: Started, signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): Promise<void> => {
      await waitFor(() => childOf(run) !== null && isListening(Number(childOf(run))));
      process.kill(Number(childOf(run)), signal);
    };

    /** A served vault where an upload of the machine's file, and a job of every kind, does not come to its end. */
    async function stuck() {
      const { machine, server, upload } = await uploading(
        ['upload-part#3-:black-hole'],
        '--read-timeout',
        '10m',
      );
      const where = server.words('v');
      return { machine, server, upload, where };
    }
    type Stuck = Awaited<ReturnType<typeof stuck>>;

    test.each<[string, 'SIGINT' | 'SIGTERM' | 'SIGHUP', number, string, (at: Stuck) => string[]]>([
      ['upload', 'SIGTERM', 143, ': sending ', ({ upload }) => upload],
      ['upload', 'SIGINT', 130, ': sending ', ({ upload }) => upload],
      ['upload', 'SIGHUP', 129, ': sending ', ({ upload }) => upload],
      [
        'upload -',
        'SIGTERM',
        143,
        ': sending ',
        ({ where }) => ['upload', '-', '--name', 'x', ...where, '--exec', 'echo x; sleep 1000'],
      ],
      ['treehash', 'SIGTERM', 143, '', ({ machine }) => ['treehash', sparse(machine)]],
    ])('%s ends with 128 + the number of %s: %i', async (_, signal, code, moment, words) => {
      const at = await stuck();
      const run = start(at.machine, asFirst(words(at)));
      await run.said(moment);
      await signalTo(run, signal);
      const end = await run.end;
      expect(end, end.text).toMatchObject({ code, signal: null });
      expect(end.text).not.toContain('ended before its work did');
    });

    test('inventory and retrieve while they wait for a job', async () => {
      const machine = makeMachine();
      const options = ['--job-delay', '4h', '--inventory-every', '0s'];
      const server = await serveHere({ options });
      await server.createVault('v');
      const { stdout } = await machine.run(['upload', machine.file, ...server.words('v')]);
      const out = join(machine.folder, 'out');
      for (const words of [
        ['inventory', '--wait', ...server.words('v')],
        ['retrieve', stdout.trim(), '--wait', '-o', out, ...server.words('v')],
      ]) {
        const run = start(machine, asFirst(words));
        await run.said('job');
        await signalTo(run, 'SIGTERM');
        const end = await run.end;
        expect(end, end.text).toMatchObject({ code: 143, signal: null });
      }
    });

    test('a question that is asked', async () => {
      const { machine, server, upload } = await uploading(['upload-part#3-:status=503'], '--retry-for', '0');
      await machine.run(upload);
      const run = onTerminal(machine, asFirst(['abort', machine.file, ...server.words('v')]));
      await run.said('Drop it? [y/N]');
      await signalTo(run, 'SIGTERM');
      const { code, text } = await run.end;
      expect(code, text).toBe(143);
      expect(readVault(server.folder, 'v').openUploads).toMatchObject([{ partLines: 2 }]);
    });

    test('a second signal ends it at once', async () => {
      const { machine, where } = await stuck();
      const command = "trap '' TERM HUP INT; echo x; sleep 1000";
      const run = start(machine, asFirst(['upload', '-', '--name', 'x', ...where, '--exec', command]));
      await run.said(': sending ');
      await signalTo(run, 'SIGTERM');
      await run.said(`SIGTERM: ${saying}`);
      process.kill(Number(childOf(run)), 'SIGHUP');
      const end = await run.end;
      expect(end, end.text).toMatchObject({ code: 129, signal: null });
    });

    test('serve is done when it is stopped: 0', async () => {
      const { machine } = await stuck();
      const run = start(machine, asFirst(['serve', '--dir', join(machine.folder, 'served')]));
      await run.said('listening');
      await signalTo(run, 'SIGTERM');
      expect(await run.end).toMatchObject({ code: 0, signal: null });
    });
  },
);

describe('a reader that goes away', () => {
  const words = (upload: string[]): string =>
    node(...upload)
      .map((word) => `"${word}"`)
      .join(' ');

  test.each([
    ['of standard output', (command: string) => `${command} | true`],
    ['of standard error', (command: string) => `${command} 2> >(true)`],
    ['of both', (command: string) => `{ ${command} 2>&1; } | true`],
    ['that never was: standard error is closed', (command: string) => `${command} 2>&-`],
    ['that never was: standard output is closed', (command: string) => `${command} >&-`],
    ['that never was: standard input is closed', (command: string) => `${command} <&-`],
    ['that cannot take it: /dev/full', (command: string) => `${command} >/dev/full 2>&1`],
  ])('%s does not end an upload: it writes its receipt', async (_, line) => {
    const { machine, server, upload } = await uploading([], '--verbose', '--debug');
    const run = start(machine, ['bash', '-c', line(words(upload))]);
    await run.end;
    await waitFor(() => receiptsOf(machine).length > 0 && sessionsLeft(machine).length === 0);
    expect(readVault(server.folder, 'v').archives).toHaveLength(1);
    expect(receiptsOf(machine)).toHaveLength(1);
  });

  test('a terminal that closes ends it by SIGHUP, and the same command carries on', async () => {
    const { machine, server, upload } = await uploading(
      ['upload-part#3-:black-hole'],
      '--read-timeout',
      '10m',
    );
    const run = onTerminal(machine, node(...upload, '--verbose'));
    await run.said('1048576-2097151 stored');
    const pid = Number(childOf(run));
    // The terminal emulator dies: the kernel hangs the line up.
    run.process.kill('SIGKILL');
    await waitFor(() => !existsSync(`/proc/${pid}`));
    await carriesOn(machine, server, upload);
  });
});

/** The process that runs the program under `script`; null before there is one. */
function childOf({ process: { pid } }: Started): number | null {
  const find = (parent: number): number | null => {
    const children = readChildren(parent);
    for (const child of children) {
      if (commandOf(child).includes('glacier-up.js')) return child;
      const below = find(child);
      if (below !== null) return below;
    }
    return null;
  };
  return find(Number(pid));
}

/**
 * Whether the program listens for signals: proc(5), SigCgt. Node itself catches SIGINT and SIGTERM while it starts, but
 * not SIGHUP; and the shell that starts it catches it for a moment.
 */
function isListening(pid: number): boolean {
  if (!/^\S*node /.test(commandOf(pid))) return false;
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return ((BigInt(`0x${mask ?? 0}`) >> BigInt(constants.signals.SIGHUP - 1)) & 1n) === 1n;
}

/** A file that takes longer to hash than any test. */
function sparse({ folder }: Machine): string {
  const path = join(folder, 'sparse');
  writeFileSync(path, '');
  truncateSync(path, 1024 ** 4);
  return path;
}

function readChildren(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, 2).join(' ');
  } catch {
    return '';
  }
}

/** Looks until it is so; the test's own time limit ends it. */
async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
}
