/** What became of each archive of a plan, one a line, made from the plan and its journal. */
import { closeSync, renameSync, rmSync } from 'node:fs';
import { openNewFile, writeWhole } from '../os/durable.js';
import { checked } from '../session/folders.js';
import { wholeLines } from './items.js';
import type { Progress } from './journal.js';
import type { PlanKind, PlanPaths } from './plan-folder.js';

const blockBytes = 1024 * 1024;
const doneEnds: Record<PlanKind, Buffer> = {
  empty: Buffer.from(',"outcome":"done"}\n'),
  // See `readProofs`.
  restore: Buffer.from(',"outcome":"done","proved":true}\n'),
};
const skippedEnd = Buffer.from(
  ',"outcome":"skipped","code":"not-tried","message":"the run ended before it was tried"}\n',
);

const pendingEnd = Buffer.from(
  ',"outcome":"skipped","code":"job-pending","message":"its retrieval job is not done, or its output not downloaded yet"}\n',
);

/**
 * Writes it in place of the report before: each archive with all that the plan says of it and its `outcome`; those that
 * failed, or were not tried yet, with `code` and `message`. It is not flushed: it can be made again.
 * @throws GlacierUpError `state-unusable`
 */
export function writeReport(
  paths: PlanPaths,
  progress: Progress,
  kind: PlanKind,
  isPending: (n: number) => boolean = () => false,
): void {
  const fresh = `${paths.report}.tmp`;
  checked(paths.report, () => {
    rmSync(fresh, { force: true });
    const fd = openNewFile(fresh);
    try {
      let pieces: Buffer[] = [];
      let sizeBytes = 0;
      const write = (): void => {
        writeWhole(fd, Buffer.concat(pieces, sizeBytes));
        pieces = [];
        sizeBytes = 0;
      };
      let n = 0;
      for (const line of wholeLines(paths.items)) {
        // All but its closing brace.
        const item = Buffer.from(line.subarray(0, -1));
        const end = isPending(n) && !progress.isDone(n) ? pendingEnd : endOf(progress, n, doneEnds[kind]);
        pieces.push(item, end);
        sizeBytes += item.length + end.length;
        if (sizeBytes >= blockBytes) write();
        n += 1;
      }
      write();
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, paths.report);
  });
}

function endOf(progress: Progress, n: number, doneEnd: Buffer): Buffer {
  if (progress.isDone(n)) return doneEnd;
  const failure = progress.failures.get(n);
  if (!failure) return skippedEnd;
  const { code, message } = failure;
  return Buffer.from(`,${JSON.stringify({ outcome: 'failed', code, message }).slice(1)}\n`);
}
