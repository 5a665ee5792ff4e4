/** A pipe to a child. Node gives its children a socket, which `/dev/stdout` cannot be opened on (ENXIO on Linux). */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteSource, PipeSource } from './byte-source.js';

export interface ChildPipe {
  source: ByteSource;
  /** For the child's standard output. Closed here once the child has it, or the stream would never end. */
  writeFd: number;
}

/**
 * Makes a named pipe, opens both ends, and removes its name.
 * @param path where to; in the system's temporary folder if the file system there has no named pipes, as exFAT has none
 * @returns null where none can be made
 */
export function openChildPipe(path: string): ChildPipe | null {
  try {
    return openAt(path);
  } catch {
    try {
      return openInTemporaryFolder();
    } catch {
      return null;
    }
  }
}

function openInTemporaryFolder(): ChildPipe {
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-'));
  try {
    return openAt(join(folder, 'pipe'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openAt(path: string): ChildPipe {
  execFileSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' });
  try {
    // Neither open waits: a reader that does not block needs no writer, and the writer then finds a reader.
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const writeFd = openSync(path, constants.O_WRONLY);
      return { source: new PipeSource(readFd), writeFd };
    } catch (error) {
      closeSync(readFd);
      throw error;
    }
  } finally {
    rmSync(path, { force: true });
  }
}
