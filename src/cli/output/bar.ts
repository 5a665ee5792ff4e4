/** Progress on a terminal: one line, redrawn, that always leaves the terminal as it was. */
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import type cliProgress from 'cli-progress';
import type { Output } from '../context.js';
import type { ProgressMeter } from './progress-meter.js';
import type { ProgressDisplay } from './reporter.js';

const framesPerSecond = 5;
const widestBar = 30;
const narrowestBar = 8;

export function makeBar(stderr: Output, meter: ProgressMeter): ProgressDisplay {
  // Loaded here, where something is shown: most commands never get so far.
  const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof cliProgress;
  const bar = new SingleBar({
    stream: stderr instanceof Writable ? (stderr as unknown as NodeJS.WriteStream) : process.stderr,
    format: () => draw(meter, (stderr.columns ?? 80) - 1),
    fps: framesPerSecond,
    clearOnComplete: true,
    // Off by default in the code, whatever its README says: it would swallow the signal.
    gracefulExit: false,
    hideCursor: true,
  } as cliProgress.Options);
  bar.start(1, 0);
  const restore = (): void => bar.stop();
  process.once('exit', restore);
  let isStopped = false;
  return {
    // It redraws by its own timer; the number only has to be other than before.
    update: () => bar.update(meter.fraction),
    aside: (write) => {
      if (!isStopped) stderr.write('\r\u001b[K');
      write();
    },
    stop: () => {
      isStopped = true;
      process.off('exit', restore);
      bar.stop();
    },
  };
}

/** `[=====>    ] 42% …`, cut to the width; the bar gives way before the words do. */
export function draw(meter: ProgressMeter, columns: number): string {
  const words = meter.line();
  const room = Math.min(widestBar, columns - words.length - 3);
  if (room < narrowestBar || !meter.hasTotal) return words.slice(0, Math.max(0, columns));
  const filled = Math.round(meter.fraction * room);
  return `[${'='.repeat(filled)}${' '.repeat(room - filled)}] ${words}`;
}
