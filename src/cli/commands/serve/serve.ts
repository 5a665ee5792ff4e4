import { readFile } from 'node:fs/promises';
import { GlacierUpError } from '../../../errors.js';
import { faultWords } from '../../../os/fault-words.js';
import type { CommandBody } from '../../command/command-run.js';
import { type ServeRun, serveOptions } from './options.js';

/** Short enough to wait for, long enough that a script which does not wait is found out. */
const DEFAULT_JOB_DELAY_MS = 10_000;

export const serveCommand: CommandBody<typeof serveOptions> = {
  operands: '',
  operandHelp: '',
  description: [
    'Serves the Glacier vault API on 127.0.0.1, kept in a folder, for trying this tool and rehearsing backup scripts without an account. It prints one line, "listening on http://127.0.0.1:PORT", and serves until SIGINT or SIGTERM.',
    'One server has a folder at a time. Any Glacier client can speak to it: give it this address as its endpoint, and any credentials.',
  ],
  options: serveOptions,
  examples: [
    { command: 'serve --dir ./vault --port 8080', does: 'serve the vaults in ./vault' },
    {
      command: 'upload backup.tar --vault demo --region us-east-1 --endpoint-url http://127.0.0.1:8080',
      does: 'archive into it, from another terminal',
    },
  ],
  iamActions: [],
  exitCodes: [9, 11],
  seeAlso: ['upload'],
  files: [
    {
      path: 'DIR/vault-folder.json',
      help: 'Marks the folder as a vault folder, with its format version and its random ID.',
    },
    {
      path: 'DIR/vaults/',
      help: 'The vaults: each archive byte for byte as it was sent, and beside it its ID, description, size and tree hash. Take the folder away only while no server runs on it.',
    },
  ],
  environment: [
    {
      name: 'AWS_SECRET_ACCESS_KEY',
      help: 'The secret of the key that --access-key-id names. It is never taken from the command line, which others can see.',
    },
  ],
  notes: [
    'Jobs take the same time for every tier, and end without the server running. An inventory is what a vault held when it last counted its archives: with the default a new vault has none on its first day. Behind --local everything happens at once, unless GLACIER_UP_JOB_DELAY and GLACIER_UP_INVENTORY_EVERY say otherwise.',
    'It listens on 127.0.0.1 only, and answers only requests whose Host header names this machine. It is not a place for backups: it is one copy, on the disk of the machine that you want to back up.',
    'A fault rule is OPERATION[#WHICH]:ACTION[=VALUE][@BYTES], for example complete#1:lose-reply for a first Complete that succeeds and whose reply is lost. All operations and actions are in docs/embedded-vault.md of the source.',
  ],
  endsBySignal: true,
  run,
};

async function run({ options, reporter, signal, context }: ServeRun): Promise<void> {
  const { dir, port, accessKeyId, fault, inventoryEvery, jobDelay, jobLife, rate, seed } = options;
  if (dir === undefined) {
    throw new GlacierUpError('usage', 'no folder is named', { hint: 'give --dir DIR' });
  }
  const credentials = credentialsOf(accessKeyId, context.env.AWS_SECRET_ACCESS_KEY);
  const { startVaultServer, VaultServerError } = await import('../../../server/index.js');
  const server = await startVaultServer({
    dir,
    port,
    credentials,
    faults: fault,
    rates: rate,
    seeds: seed,
    seedDescriptions: await readDescriptions(options.seedDescriptions),
    inventoryEveryMs: inventoryEvery,
    jobLifeMs: jobLife,
    jobDelayMs: jobDelay ?? DEFAULT_JOB_DELAY_MS,
  }).catch((cause: unknown) => {
    if (!(cause instanceof VaultServerError)) throw cause;
    const code =
      cause.code === 'folder-in-use' ? 'locked' : /^bad-/.test(cause.code) ? 'usage' : 'state-unusable';
    const hint = code === 'locked' ? { hint: 'stop that one first, or use another --dir' } : {};
    throw new GlacierUpError(code, cause.message, { ...hint, cause });
  });
  reporter.line(`listening on ${server.url}`);
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
}

function credentialsOf(accessKeyId: string | undefined, secretAccessKey: string | undefined) {
  if (accessKeyId === undefined) return undefined;
  if (secretAccessKey) return { accessKeyId, secretAccessKey };
  throw new GlacierUpError('usage', '--access-key-id needs the secret in AWS_SECRET_ACCESS_KEY');
}

/** The lines of the file that `--seed-descriptions` names. */
async function readDescriptions(path: string | undefined): Promise<string[] | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).replace(/\n$/, '').split(/\r?\n/);
  } catch (cause) {
    throw new GlacierUpError('usage', `${path} cannot be read: ${faultWords(cause)}`, { cause });
  }
}
