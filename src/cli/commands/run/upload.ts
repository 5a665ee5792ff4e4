import { GlacierUpError } from '../../../errors.js';
import { isByFile } from '../../../transfer/description.js';
import type { CommandRun } from '../../command-run.js';
import { forEachOperand } from '../../each-operand.js';
import { openState } from '../../open-state.js';
import { withSurroundings } from '../../open-surroundings.js';
import type { Work } from '../../summary.js';
import { archiveOne, requestOptions } from '../archive-each.js';
import { printPlan } from '../dry-run.js';

const pipeOnly = {
  name: '--name',
  exec: '--exec',
  eofCompletes: '--eof-completes',
  expectedSize: '--expected-size',
};

const uploading: Work = { command: 'upload', nouns: 'files', outcomes: ['archived', 'archivedAlready'] };
const planning: Work = { ...uploading, outcomes: ['toSend', 'archivedAlready'] };

function refusePipeOptions({ givenOptions }: CommandRun): void {
  const given = Object.entries(pipeOnly).find(([name]) => givenOptions.has(name));
  if (!given) return;
  throw new GlacierUpError('usage', `${given[1]} goes with standard input, which is named -`, {
    hint: 'write "glacier-up upload - …"; a file has a name and a size of its own',
  });
}

export async function run(command: CommandRun, files: string[]): Promise<void> {
  const { options } = command;
  if (options.begin || options.shard || options.uploadId !== undefined) {
    const { uploadByMany } = await import('./upload-by-many.js');
    return uploadByMany(command, files);
  }
  if (files.length > 1 && options.description !== undefined && !isByFile(options.description)) {
    throw new GlacierUpError('usage', '--description is the same for all of these files', {
      hint: 'put {path} into it, or {name} or {mtime}; or upload the files one by one',
    });
  }
  if (files.includes('-')) {
    const { uploadStream } = await import('./upload-stream.js');
    return uploadStream(command, files);
  }
  refusePipeOptions(command);
  const state = await openState(command);
  await withSurroundings(
    command,
    state,
    options,
    (surroundings) =>
      forEachOperand(command, files, options.dryRun ? planning : uploading, async (file) => {
        if (options.dryRun) return printPlan(command, surroundings, file);
        const request = { ...requestOptions(command), file, mode: 'upload' as const };
        return archiveOne(command, surroundings, request, files.length > 1);
      }),
    'made',
  );
}
