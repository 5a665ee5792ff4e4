/** Which archives of a vault a plan is about: by filters, by a list, by what a report proves. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { InventoriedArchive } from '../../../src/glacier/inventory/inventory.js';
import { chooser, type Filters } from '../../../src/whole-vault/filters.js';
import { NameList } from '../../../src/whole-vault/name-list.js';
import { Proofs, readProofs } from '../../../src/whole-vault/proofs.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { noFilter } from './no-filter.js';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const dayMs = 86_400_000;
const archive: InventoriedArchive = {
  archiveId: 'A'.repeat(138),
  description: 'photos/2012.tar',
  createdAt: '2025-12-01T00:00:00Z',
  sizeBytes: 1000,
  treeHash: 'a'.repeat(64),
};
const choice = (filters: Partial<Filters>, list: NameList | null = null, of = archive) =>
  chooser({ ...noFilter, ...filters }, list, nowMs)(of);

describe('an archive', () => {
  test.each<[Partial<Filters>, string]>([
    [{}, 'chosen'],
    [{ largerThanBytes: 999 }, 'chosen'],
    [{ largerThanBytes: 1000 }, 'notChosen'],
    [{ smallerThanBytes: 1001 }, 'chosen'],
    [{ smallerThanBytes: 1000 }, 'notChosen'],
    [{ after: '2025-12-01T00:00:00Z' }, 'chosen'],
    [{ after: '2025-12-01T00:00:01Z' }, 'notChosen'],
    [{ before: '2025-12-01T00:00:01Z' }, 'chosen'],
    [{ before: '2025-12-01T00:00:00Z' }, 'notChosen'],
    [{ olderThanMs: 30 * dayMs }, 'chosen'],
    [{ olderThanMs: 31 * dayMs }, 'notChosen'],
    [{ olderThanMs: 30 * dayMs, before: '2025-11-01T00:00:00Z' }, 'notChosen'],
    [{ match: 'photos/*' }, 'chosen'],
    [{ match: 'videos/*' }, 'notChosen'],
    [{ match: 'photos/*', largerThanBytes: 1000 }, 'notChosen'],
  ])('of 1000 bytes, made 31 days ago: %j is %s', (filters, chosen) => {
    expect(choice(filters)).toBe(chosen);
  });

  test('made at a time that nobody can read is in no span of time', () => {
    const undated = { ...archive, createdAt: 'yesterday' };
    expect(choice({}, null, undated)).toBe('chosen');
    expect(choice({ after: '2000-01-01T00:00:00Z' }, null, undated)).toBe('notChosen');
    expect(choice({ olderThanMs: 0 }, null, undated)).toBe('notChosen');
  });

  test('is chosen by a list that has its ID or its name', () => {
    expect(choice({}, new NameList([archive.archiveId]))).toBe('chosen');
    expect(choice({}, new NameList(['/photos/2012.tar']))).toBe('chosen');
    expect(choice({}, new NameList(['photos/2013.tar']))).toBe('notChosen');
    expect(choice({ match: 'videos/*' }, new NameList([archive.archiveId]))).toBe('notChosen');
    expect(choice({ match: 'photos/*' }, new NameList([archive.archiveId]))).toBe('chosen');
    expect(choice({ match: 'photos/*' }, new NameList(['other']))).toBe('notChosen');
  });

  test('whose description can be read in two ways is ambiguous when one of them is chosen', () => {
    const twofold = { ...archive, description: 'my%20file.pdf' };
    expect(choice({ match: 'my file.pdf' }, null, twofold)).toBe('ambiguous');
    expect(choice({ match: 'my*file.pdf' }, null, twofold)).toBe('chosen');
    expect(choice({}, new NameList(['my file.pdf', 'my%20file.pdf']), twofold)).toBe('chosen');
    expect(choice({ match: 'other' }, null, twofold)).toBe('notChosen');
  });

  test('without a name is chosen by no name', () => {
    expect(choice({ match: '*' }, null, { ...archive, description: '' })).toBe('notChosen');
  });
});

describe('a list of names', () => {
  test('is the same in any order, however its entries are written', () => {
    const [one, other] = [
      new NameList(['b', '', './a', 'caf\u00e9']),
      new NameList(['cafe\u0301', '/a', 'b', 'b']),
    ];
    expect(one.sha256).toBe(other.sha256);
    expect([one.size, other.size]).toEqual([3, 3]);
    expect(new NameList(['a']).sha256).not.toBe(one.sha256);
    expect(new NameList(['ab', 'c']).sha256).not.toBe(new NameList(['a', 'bc']).sha256);
  });

  test('says which entries nothing was asked for by, as they were written', () => {
    const list = new NameList(['./a', './b', '']);
    expect(list.takes('a')).toBe(true);
    expect(list.takes('c')).toBe(false);
    expect(list.unmet()).toEqual(['./b']);
  });
});

describe('the proofs of a report', () => {
  const line = (changes: Record<string, unknown> = {}) =>
    `${JSON.stringify({ outcome: 'done', proved: true, ...archive, ...changes })}\n`;
  const reportOf = (...lines: string[]): string => {
    const file = join(tempFolder(), 'report.jsonl');
    writeFileSync(file, lines.join(''));
    return file;
  };

  test('are of archives with this ID, tree hash and size', () => {
    const proofs = readProofs(reportOf(line(), line({ archiveId: 'B' })));
    expect(proofs.count).toBe(2);
    expect(proofs.has(archive)).toBe(true);
    expect(proofs.has({ ...archive, archiveId: 'C' })).toBe(false);
    expect(proofs.has({ ...archive, treeHash: 'b'.repeat(64) })).toBe(false);
    expect(proofs.has({ ...archive, sizeBytes: 1001 })).toBe(false);
  });

  test('are not lines that say anything else, or were cut off', () => {
    const others = [
      line({ outcome: 'failed' }),
      line({ proved: false }),
      line({ proved: 'true' }),
      line({ archiveId: null }),
      line({ treeHash: undefined }),
      line({ sizeBytes: '1000' }),
      'null\n',
      'text\n',
    ];
    const proofs = readProofs(reportOf(...others, line(), line({ archiveId: 'cut off' }).trimEnd()));
    expect(proofs.count).toBe(1);
    expect(() => readProofs(reportOf(...others))).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('have a hash of all of them, in their order', () => {
    const [one, other] = [new Proofs(), new Proofs()];
    const empty = one.sha256;
    one.add(archive);
    expect(one.sha256).not.toBe(empty);
    other.add(archive);
    expect(other.sha256).toBe(one.sha256);
    other.add({ ...archive, archiveId: 'B' });
    expect(other.sha256).not.toBe(one.sha256);
  });

  test('cannot be read from a file that does not exist, or from a folder', () => {
    const folder = tempFolder();
    for (const [file, reason] of [
      [join(folder, 'none'), 'no such file'],
      [folder, 'it is a folder'],
    ] as const) {
      const message = `the report ${file} cannot be read: ${reason}`;
      const error = expect.objectContaining({ code: 'archive-unusable', message });
      expect(() => readProofs(file)).toThrow(error);
    }
  });
});
