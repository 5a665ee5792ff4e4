/** Progress on a terminal: one line, redrawn, that always leaves the terminal as it was. */
import cliProgress from 'cli-progress';
import { isInForeground } from './foreground.js';
import type { Output } from './output.js';
import type { ProgressDisplay } from './progress-display.js';
import type { ProgressMeter } from './progress-meter.js';

const framesPerSecond = 5;
const widestBar = 30;
const narrowestBar = 8;
/** At the end of the line, for the `^C` that the terminal itself writes there: it must not break the line. */
const roomForEcho = 3;
const clearLine = '\r\u001b[K';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** @param isForeground whether it may draw now */
export function makeBar(
  stderr: Output,
  meter: ProgressMeter,
  isForeground = isInForeground,
): ProgressDisplay {
  const ink = inkOn(stderr, isForeground);
  const bar = new cliProgress.SingleBar({
    terminal: terminalOf(ink, stderr),
    format: () => draw(meter, (stderr.columns ?? 80) - roomForEcho),
    fps: framesPerSecond,
    // It redraws by its own timer; a line that was cleared for a note comes back though nothing moved.
    forceRedraw: true,
    clearOnComplete: true,
    // Off by default in the code, unlike what its README says: it would swallow the signal.
    gracefulExit: false,
    linewrap: true,
  } as cliProgress.Options);
  bar.start(1, 0);
  const unguard = guard(ink);
  return {
    update: () => {},
    aside: (write) => {
      ink.clearLine();
      write();
    },
    stop: () => {
      unguard();
      bar.stop();
      ink.wipe();
    },
  };
}

/** What is on the terminal of ours: one line, and no cursor. */
interface Ink {
  draw(line: string): void;
  /** Makes room for other text. */
  clearLine(): void;
  /** Leaves the terminal as it was. */
  wipe(): void;
}

function inkOn(stderr: Output, isForeground: () => boolean): Ink {
  let isDrawn = false;
  return {
    draw: (line) => {
      if (!isForeground()) return;
      stderr.write(`${isDrawn ? '' : hideCursor}\r${line}\u001b[K`);
      isDrawn = true;
    },
    clearLine: () => {
      if (isDrawn) stderr.write(clearLine);
    },
    wipe: () => {
      if (isDrawn) stderr.write(`${clearLine}${showCursor}`);
      isDrawn = false;
    },
  };
}

/**
 * Wipes the ink before what stops or ends the process from the terminal: Ctrl-Z, Ctrl-\, a limit on its CPU time, and an
 * exit that nobody foresaw; other signals come by `stop`. The signal then has its usual effect.
 */
function guard(ink: Ink): () => void {
  const signals = (['SIGTSTP', 'SIGQUIT', 'SIGXCPU'] as const).map((signal) => {
    const listener = (): void => {
      ink.wipe();
      process.off(signal, listener);
      process.kill(process.pid, signal);
      // Here it goes on after SIGCONT; the next frame draws again, if it is in the foreground.
      process.on(signal, listener);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  process.once('exit', ink.wipe);
  return () => {
    for (const { signal, listener } of signals) process.off(signal, listener);
    process.off('exit', ink.wipe);
  };
}

/**
 * The terminal as the bar draws on it. Its own one saves the cursor at the start and goes back there at the end, over
 * regardless of what was written in between; and it switches line wrap off, which would cut longer lines written meanwhile.
 */
function terminalOf(ink: Ink, stderr: Output) {
  const nothing = (): void => {};
  return {
    isTTY: () => true,
    getWidth: () => stderr.columns ?? 80,
    cursorSave: nothing,
    cursorRestore: nothing,
    lineWrapping: nothing,
    newline: nothing,
    cursorTo: nothing,
    clearRight: nothing,
    clearLine: nothing,
    cursor: nothing,
    write: ink.draw,
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
