import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JournalWriter, readJournal } from '../../../src/whole-vault/journal.js';
import { tempFolder } from '../../helpers/temp-folder.js';

function journal(): string {
  const folder = join(tempFolder(), 'plan');
  mkdirSync(folder, { mode: 0o700 });
  return join(folder, 'journal.jsonl');
}

function write(file: string): string[] {
  const writer = new JournalWriter(file);
  writer.append([0, 3, 12], []);
  writer.append([1], [{ n: 2, code: 'request-invalid', message: 'no such "archive"\n' }]);
  writer.append([10, 2], [{ n: 7, code: 'request-invalid', message: 'ü' }]);
  writer.close();
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

const stateOf = (file: string) => {
  const progress = readJournal(file, 20);
  const done = Array.from({ length: 20 }, (_, n) => n).filter((n) => progress.isDone(n));
  return { done, failed: [...progress.failures.keys()], counted: progress.done };
};

describe('a journal', () => {
  test('tells what was written, the last line of an archive counting', () => {
    const file = journal();
    expect(readJournal(file, 20).done).toBe(0);
    write(file);
    expect(stateOf(file)).toEqual({ done: [0, 1, 2, 3, 10, 12], failed: [7], counted: 6 });
    expect(readJournal(file, 20).failures.get(7)).toEqual({ code: 'request-invalid', message: 'ü' });
  });

  test('cut at any byte, has the lines that are whole, and goes on after them', () => {
    const file = journal();
    write(file);
    const whole = readFileSync(file);
    for (let size = 0; size <= whole.length; size += 1) {
      writeFileSync(file, whole.subarray(0, size));
      const kept = whole.subarray(0, whole.subarray(0, size).lastIndexOf(0x0a) + 1);
      const torn = stateOf(file);
      const writer = new JournalWriter(file);
      expect(readFileSync(file)).toEqual(kept);
      expect(stateOf(file)).toEqual(torn);
      writer.append([19], []);
      writer.close();
      expect(readFileSync(file, 'utf8')).toBe(`${kept.toString('utf8')}{"n":19,"s":"done"}\n`);
      expect(stateOf(file).done).toEqual([...torn.done, 19]);
    }
  });

  test('says nothing by lines that cannot be read, or that name no archive of the plan', () => {
    const file = journal();
    write(file);
    const lines = [
      '\0\0\0',
      '{"n":4,"s":"done"',
      '{"n":-1,"s":"done"}',
      '{"n":4.5,"s":"done"}',
      '{"n":,"s":"done"}',
    ];
    appendFileSync(file, `${[...lines, '{"n":20,"s":"done"}', 'null', '{"n":5,"s":"doneX"}'].join('\n')}\n`);
    expect(stateOf(file).done).toEqual([0, 1, 2, 3, 10, 12]);
    appendFileSync(file, '{ "s": "done", "n": 4 }\n');
    expect(stateOf(file).done).toEqual([0, 1, 2, 3, 4, 10, 12]);
  });

  test('finds the end of its last whole line however long what was cut off is', () => {
    const file = journal();
    writeFileSync(file, `{"n":1,"s":"done"}\n${'x'.repeat(200_000)}`);
    new JournalWriter(file).close();
    expect(readFileSync(file, 'utf8')).toBe('{"n":1,"s":"done"}\n');
  });
});
