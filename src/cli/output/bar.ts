/** Progress on a terminal: one line, redrawn, that always leaves the terminal as it was. */
import cliProgress from 'cli-progress';
import type { Output } from '../context.js';
import type { ProgressMeter } from './progress-meter.js';
import type { ProgressDisplay } from './reporter.js';

const framesPerSecond = 5;
const widestBar = 30;
const narrowestBar = 8;
/** At the end of the line, for the `^C` that the terminal itself writes there: it must not break the line. */
const roomForEcho = 3;
const clearLine = '\r\u001b[K';

export function makeBar(stderr: Output, meter: ProgressMeter): ProgressDisplay {
  const bar = new cliProgress.SingleBar({
    terminal: terminalOn(stderr),
    format: () => draw(meter, (stderr.columns ?? 80) - roomForEcho),
    fps: framesPerSecond,
    // It redraws by its own timer; a line that was cleared for a note comes back though nothing moved.
    forceRedraw: true,
    clearOnComplete: true,
    // Off by default in the code, whatever its README says: it would swallow the signal.
    gracefulExit: false,
    hideCursor: true,
    linewrap: true,
  } as cliProgress.Options);
  bar.start(1, 0);
  // For an exit that nobody foresaw; signals come by `stop`.
  const restore = (): void => bar.stop();
  process.once('exit', restore);
  let isStopped = false;
  return {
    update: () => {},
    aside: (write) => {
      if (!isStopped) stderr.write(clearLine);
      write();
    },
    stop: () => {
      isStopped = true;
      process.off('exit', restore);
      bar.stop();
    },
  };
}

/**
 * The terminal as the bar draws on it. Its own one saves the cursor at the start and goes back there at the end, over
 * whatever was written in between; and it switches line wrap off, which would cut longer lines written meanwhile.
 */
function terminalOn(stderr: Output) {
  const nothing = (): void => {};
  return {
    isTTY: () => true,
    getWidth: () => stderr.columns ?? 80,
    cursorSave: nothing,
    cursorRestore: nothing,
    lineWrapping: nothing,
    newline: nothing,
    cursorTo: () => void stderr.write('\r'),
    clearRight: () => void stderr.write('\u001b[K'),
    clearLine: () => void stderr.write(clearLine),
    cursor: (isShown: boolean) => void stderr.write(isShown ? '\u001b[?25h' : '\u001b[?25l'),
    write: (text: string) => void stderr.write(text),
  };
}

/** `[=====     ] 42% …` in the width there is; the bar gives way before the words do. */
export function draw(meter: ProgressMeter, columns: number): string {
  const words = meter.fittingLine(columns);
  const room = Math.min(widestBar, columns - words.length - 3);
  if (room < narrowestBar || !meter.hasTotal) return words;
  const filled = Math.round(meter.fraction * room);
  return `[${'='.repeat(filled)}${' '.repeat(room - filled)}] ${words}`;
}
