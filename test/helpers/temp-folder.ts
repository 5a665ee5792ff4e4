import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A fresh folder for one test, removed after it. @param parent where it is made */
export function tempFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'glacier-up-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
