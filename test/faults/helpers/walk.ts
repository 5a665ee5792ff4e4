/**
 * Follows hints: runs a command, then every command that its hints and notes name, and so on. The world can be put
 * back to how it was before a command, so that each way is walked from the same place.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { startVaultServer } from '../../../src/server/index.js';
import { MiB, seededBytes, seededFile } from '../../helpers/bytes.js';
import { type CliOptions, type CliResult, runCli } from '../../helpers/cli.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { sha256Of } from '../../helpers/place.js';
import { scratchFolder } from '../../helpers/scratch.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { ask, partHeaders, treeHash } from '../../server/helpers/vault.js';

const hourMs = 60 * 60 * 1000;
const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

export const partSizeBytes = MiB;
export const sizeBytes = 1.5 * MiB;
export const streamName = 'photos.tar';

export interface World {
  readonly file: string;
  /** What the file holds, and what a producer writes. */
  content: Buffer;
  readonly clock: ReturnType<typeof fakeClock>;
  run(words: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  faults(...rules: string[]): Promise<void>;
  sessions(): { id: string; phase: string; uploadId: string; path: string | null; streamName?: string }[];
  /** SHA-256 of the archives in the vault. */
  archives(): string[];
  receipts(): { archiveId: string; treeHash: string }[];
  /** Other content of the same size under the file's name, and out of the producer. */
  change(): void;
  deleteFile(): void;
  passADay(): void;
  /** Takes the world as it is; the function returned puts it back. */
  snapshot(): () => Promise<void>;
  /** What a command could find: equal texts are equal worlds. */
  look(): string;
  other: Other;
}

/** Another tool with the same credentials. */
export interface Other {
  begin(): Promise<string>;
  sendPart(uploadId: string, start: number, bytes: Buffer): Promise<void>;
  complete(uploadId: string, bytes: Buffer): Promise<void>;
  abort(uploadId: string): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const folder = tempFolder(scratchFolder);
  const home = join(folder, 'home');
  const vaultFolder = join(folder, 'vault');
  const sources = join(folder, 'source');
  mkdirSync(sources);
  mkdirSync(home);
  const file = join(sources, 'backup.tar');
  const clock = fakeClock(Date.parse('2026-03-01T12:00:00Z'));
  let rules: readonly string[] = [];
  const start = (port?: number) =>
    startVaultServer({
      dir: vaultFolder,
      now: clock.now,
      inventoryEveryMs: 0,
      faults: rules,
      ...(port === undefined ? {} : { port }),
    });
  let server = await start();
  const port = Number(new URL(server.url).port);
  onTestFinished(() => server.close());
  const restart = async (between: () => void = () => {}): Promise<void> => {
    await server.close();
    between();
    server = await start(port);
  };
  for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await ask(server.url, 'PUT', '/-/vaults/demo');

  const stateFolder = join(home, '.local/state/glacier-up/sessions');
  const receiptFile = join(home, '.local/share/glacier-up/receipts.jsonl');
  const archiveFolder = join(vaultFolder, 'vaults/1/archives');
  const uploads = '/-/vaults/demo/multipart-uploads';
  const expectStatus = async (answer: ReturnType<typeof ask>, status: number): Promise<void> => {
    const { status: got, text } = await answer;
    if (got !== status) throw new Error(`the other tool got ${got}: ${text}`);
  };

  const world: World = {
    file,
    content: seededFile(file, sizeBytes),
    clock,
    run: (words, options = {}) =>
      runCli(words, {
        ...options,
        folder,
        clock,
        env: { ...credentials, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_GLACIER: server.url },
        stdin: Buffer.from(world.content),
      }),
    faults: (...given) => {
      rules = given;
      return restart();
    },
    sessions: () =>
      existsSync(stateFolder)
        ? readdirSync(stateFolder)
            .filter((name) => name.endsWith('.json'))
            .map((name) => JSON.parse(readFileSync(join(stateFolder, name), 'utf8')).session)
        : [],
    archives: () =>
      readdirSync(archiveFolder)
        .filter((name) => name.endsWith('.archive'))
        .map((name) => sha256Of(join(archiveFolder, name))),
    receipts: () =>
      existsSync(receiptFile)
        ? readFileSync(receiptFile, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [],
    change: () => {
      world.deleteFile();
      world.content = seededFile(file, sizeBytes, 99);
    },
    deleteFile: () => renameSync(file, `${file}.before`),
    passADay: () => clock.pass(25 * hourMs),
    snapshot: () => {
      const copy = tempCopy(folder);
      const nowMs = clock.now();
      return () =>
        restart(() => {
          clock.pass(nowMs - clock.now());
          for (const name of ['home', 'vault']) {
            rmSync(join(folder, name), { recursive: true, force: true });
            cpSync(join(copy, name), join(folder, name), { recursive: true });
          }
        });
    },
    look: () =>
      JSON.stringify([
        world.sessions(),
        world.receipts(),
        world.archives(),
        readdirSync(join(vaultFolder, 'vaults/1'), { recursive: true }),
        clock.now(),
      ]),
    other: {
      begin: async () => {
        const headers = { 'x-amz-part-size': String(partSizeBytes), 'x-amz-archive-description': 'theirs' };
        const answer = await ask(server.url, 'POST', uploads, { headers });
        return String(answer.headers['x-amz-multipart-upload-id']);
      },
      sendPart: (uploadId, first, body) =>
        expectStatus(
          ask(server.url, 'PUT', `${uploads}/${uploadId}`, { headers: partHeaders(body, first), body }),
          204,
        ),
      complete: (uploadId, bytes) => {
        const headers = {
          'x-amz-archive-size': String(bytes.length),
          'x-amz-sha256-tree-hash': treeHash(bytes),
        };
        return expectStatus(ask(server.url, 'POST', `${uploads}/${uploadId}`, { headers }), 201);
      },
      abort: (uploadId) => expectStatus(ask(server.url, 'DELETE', `${uploads}/${uploadId}`), 204),
    },
  };
  return world;
}

/** The lock of the running vault belongs to the process. */
const isNoLock = (path: string): boolean => !/\.?lock$/.test(path);

function tempCopy(folder: string): string {
  const copy = tempFolder(scratchFolder);
  for (const name of ['home', 'vault'])
    cpSync(join(folder, name), join(copy, name), { recursive: true, filter: isNoLock });
  return copy;
}

/** Other bytes than the file has, of any size. */
export const otherBytes = (bytes: number): Buffer => seededBytes(bytes, 7);

export interface Step {
  words: readonly string[];
  code: number | null;
  stderr: string;
}

const mostCommands = 5;
/** Of one command, until an inventory is young enough. */
const mostRepetitions = 3;

/**
 * Walks every way that begins with a command.
 * @param atEnd given each way, from the first command to one that names no further one, while the world is as it left it
 * @throws Error for a way that comes back to where it was, or has more than five commands
 */
export async function followHints(
  world: World,
  words: readonly string[],
  atEnd: (way: readonly Step[]) => void,
): Promise<void> {
  const walk = async (
    next: readonly string[],
    way: readonly Step[],
    seen: readonly string[],
  ): Promise<void> => {
    const here = `${next.join(' ')} ${world.look()}`;
    const story = [...way, { words: next, code: null, stderr: '' }];
    if (seen.includes(here)) throw new Error(`the hints go round:\n${storyOf(story)}`);
    if (isTooLong(story)) throw new Error(`the hints do not come to an end:\n${storyOf(story)}`);
    const { code, stderr } = await world.run(next);
    const steps = [...way, { words: next, code, stderr }];
    const named = commandsIn(stderr, next, world);
    if (named.length === 0) {
      atEnd(steps);
      return;
    }
    const back = world.snapshot();
    for (const [index, command] of named.entries()) {
      if (index > 0) await back();
      world.clock.pass(Math.max(0, command.afterMs - world.clock.now()));
      await walk(command.words, steps, [...seen, here]);
    }
  };
  await walk(words, [], []);
}

/** "Run the same command again" is no further command, as long as it does not go on for ever. */
function isTooLong(way: readonly Step[]): boolean {
  const lines = way.map(({ words }) => words.join(' '));
  const commands = lines.filter((line, index) => line !== lines[index - 1]);
  return commands.length > mostCommands || lines.length - commands.length >= mostRepetitions;
}

export function storyOf(way: readonly Step[]): string {
  return way
    .map(({ words, code, stderr }) => `$ glacier-up ${words.join(' ')}\n${stderr}(exit ${code})`)
    .join('\n');
}

/** The commands that a run's messages name, as they would be typed, and when. */
function commandsIn(
  stderr: string,
  words: readonly string[],
  { file }: World,
): { words: string[]; afterMs: number }[] {
  const quoted = [...stderr.matchAll(/"glacier-up ([^"]+)"|next: glacier-up (.+)$/gm)].map(
    ([, inQuotes, last]) => wordsOf(inQuotes ?? last ?? ''),
  );
  const named = quoted
    .filter((command) => !command.includes('NEW-PATH'))
    .map((command) => command.map((word) => (word === 'FILE' ? file : word)))
    .map((command) => (command[0] === 'abort' ? [...command, '--yes'] : command));
  const again = /run the same command again(?: after (\S+Z))?/.exec(stderr);
  // What is to be put right first is the user's.
  const isAgain = again !== null && !/put the old file back/.test(stderr);
  return [
    ...named.map((command) => ({ words: command, afterMs: 0 })),
    ...(isAgain ? [{ words: [...words], afterMs: again[1] ? Date.parse(again[1]) + 1000 : 0 }] : []),
  ];
}

function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, inQuotes, plain]) => inQuotes ?? plain ?? '');
}
