/**
 * A home, a file, and an embedded vault served within this process, whose faults can be changed between runs. The
 * command runs in this process too, through the SDK's own credential chain, with marker credentials: after each test,
 * no file and no output may hold them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { startVaultServer } from '../../../src/server/index.js';
import { MiB, seededFile } from '../../helpers/bytes.js';
import { type CliOptions, type CliResult, makeContext } from '../../helpers/cli.js';
import { sha256Of } from '../../helpers/place.js';
import { scratchFolder } from '../../helpers/scratch.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { ask, partHeaders } from '../../server/helpers/vault.js';
import { markers } from './machine.js';
import './sdk-environment.js';
import { readVault, type StoredArchive } from './served-vault.js';

const hourMs = 60 * 60 * 1000;

export interface ServedPlace {
  folder: string;
  file: string;
  url(): string;
  /** Starts the server again with these rules, and no others; the address stays. */
  faults(...rules: string[]): Promise<void>;
  /** From now on, 25 hours have passed at the service: it forgets completed uploads, and drops idle ones. */
  passADay(): void;
  /** Runs a command with the vault's name and address. */
  run(words: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  /** Runs a command with nothing added. */
  plain(words: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>;
  archives(): StoredArchive[];
  receipts(): Record<string, unknown>[];
  sessions(): Record<string, unknown>[];
  /** The ID of the one session there is. */
  session(): string;
  /** Puts other content of the same size under the file's name, and returns its SHA-256. */
  replaceFile(): string;
  deleteFile(): void;
  /** Puts the file back that was replaced or deleted. */
  restoreFile(): void;
  /** Another tool with the same credentials speaks to the vault. */
  other: {
    complete(): Promise<{ status: number; archiveId: string | undefined }>;
    sendPart(index: number, bytes: Buffer): Promise<void>;
    abort(): Promise<void>;
  };
}

/** @param sizeBytes of the file; 2.5 parts of 1 MiB when not given */
export async function servedPlace({ sizeBytes = 2.5 * MiB } = {}): Promise<ServedPlace> {
  const folder = tempFolder(scratchFolder);
  const vaultFolder = join(folder, 'vault');
  const sources = join(folder, 'source');
  mkdirSync(sources);
  const file = join(sources, 'backup.tar');
  const bytes = seededFile(file, sizeBytes);
  const kept = join(folder, 'kept.tar');
  const outputs: string[] = [];
  const stateFolder = join(folder, 'home/.local/state/glacier-up/sessions');
  const receiptFile = join(folder, 'home/.local/share/glacier-up/receipts.jsonl');

  let aheadMs = 0;
  let server = await startVaultServer({ dir: vaultFolder });
  const port = Number(new URL(server.url).port);
  const restart = async (rules: readonly string[]): Promise<void> => {
    await server.close();
    server = await startVaultServer({
      dir: vaultFolder,
      port,
      faults: rules,
      now: () => Date.now() + aheadMs,
    });
  };
  onTestFinished(() => server.close());
  await ask(server.url, 'PUT', '/-/vaults/v');

  const plain: ServedPlace['plain'] = async (words, options = {}) => {
    const env = { AWS_REGION: 'eu-west-1', ...options.env };
    const { context, stdout, stderr } = makeContext({ folder, ...options, env });
    const ending = await main(words, context);
    outputs.push(stdout(), stderr());
    return {
      code: 'code' in ending ? ending.code : null,
      signal: 'signal' in ending ? ending.signal : null,
      stdout: stdout(),
      stderr: stderr(),
    };
  };
  const sessions: ServedPlace['sessions'] = () =>
    existsSync(stateFolder)
      ? readdirSync(stateFolder)
          .filter((name) => name.endsWith('.json'))
          .map((name) => JSON.parse(readFileSync(join(stateFolder, name), 'utf8')).session)
      : [];
  const uploadPath = (): string => `/-/vaults/v/multipart-uploads/${sessions()[0]?.uploadId}`;
  onTestFinished(() => assertNoMarkersIn(folder, outputs));

  return {
    folder,
    file,
    url: () => server.url,
    faults: (...rules) => restart(rules),
    passADay: () => {
      aheadMs += 25 * hourMs;
    },
    run: (words, options) => plain([...words, '--vault', 'v', '--endpoint-url', server.url], options),
    plain,
    archives: () => readVault(vaultFolder, 'v').archives,
    receipts: () =>
      existsSync(receiptFile)
        ? readFileSync(receiptFile, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [],
    sessions,
    session: () => String(sessions()[0]?.id),
    replaceFile: () => {
      renameSync(file, kept);
      seededFile(file, sizeBytes, 99);
      return sha256Of(file);
    },
    deleteFile: () => renameSync(file, kept),
    restoreFile: () => {
      rmSync(file, { force: true });
      renameSync(kept, file);
    },
    other: {
      complete: async () => {
        const { treeHash } = await import('../../server/helpers/vault.js');
        const { status, headers } = await ask(server.url, 'POST', uploadPath(), {
          headers: { 'x-amz-archive-size': String(bytes.length), 'x-amz-sha256-tree-hash': treeHash(bytes) },
        });
        return { status, archiveId: headers['x-amz-archive-id'] as string | undefined };
      },
      abort: async () => {
        expect((await ask(server.url, 'DELETE', uploadPath())).status).toBe(204);
      },
      sendPart: async (index, body) => {
        const { status } = await ask(server.url, 'PUT', uploadPath(), {
          headers: partHeaders(body, index * MiB),
          body,
        });
        expect(status).toBe(204);
      },
    },
  };
}

function assertNoMarkersIn(folder: string, outputs: readonly string[]): void {
  const secrets = Object.values(markers);
  for (const secret of secrets)
    expect(outputs.join('').includes(secret), `output holds ${secret}`).toBe(false);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.(archive|tar)$/.test(entry.name)) continue;
    const text = readFileSync(join(entry.parentPath, entry.name));
    for (const secret of secrets) expect(text.includes(secret), `${entry.name} holds ${secret}`).toBe(false);
  }
}
