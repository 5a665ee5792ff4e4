import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InventoryEntry, InventorySummary } from '../../../src/glacier/inventory/inventory.js';
import { InventoryReading } from '../../../src/glacier/inventory/inventory-reading.js';

async function readAll(
  pieces: Iterable<Uint8Array>,
): Promise<{ entries: InventoryEntry[]; summary: InventorySummary }> {
  const reading = new InventoryReading(pieces);
  const entries: InventoryEntry[] = [];
  for await (const batch of reading) entries.push(...batch);
  return { entries, summary: reading.summary };
}

/** What it ends with, and how much was given before. */
async function faultOf(bytes: Uint8Array): Promise<string> {
  return readAll([bytes]).then(
    () => 'whole',
    (error: Error) => error.message,
  );
}

/** Cuts bytes at the given places, in any order, also twice at the same. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const bounds = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

const encodings = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with a mark': (text: string) => Buffer.from(`\ufeff${text}`),
  'UTF-16 LE': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 BE': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'UTF-16 LE without a mark': (text: string) => Buffer.from(text, 'utf16le'),
  'UTF-16 BE without a mark': (text: string) => Buffer.from(text, 'utf16le').swap16(),
} as const;
const anyEncoding = fc.constantFrom(...(Object.keys(encodings) as (keyof typeof encodings)[]));
const anyCuts = fc.array(fc.nat(), { maxLength: 20 });

const hash = 'ab'.repeat(32);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('"', '\\', '},{"', ']}', '[', '\\"'),
);
const entry = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      ArchiveId: text,
      ArchiveDescription: text,
      CreationDate: fc.constant('2014-07-30T15:34:15Z'),
      Size: fc.nat(),
      SHA256TreeHash: fc.constant(hash),
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
/** As `jq -S`, `json.tool` and others write it: fields in any order, with more of them, and with space. */
const document = fc
  .record({
    list: fc.array(entry, { maxLength: 8 }),
    before: fc.dictionary(
      text.filter((key) => key !== 'ArchiveList' && key !== '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 3 },
    ),
    after: fc.dictionary(
      text.filter((key) => key !== 'ArchiveList' && key !== '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 3 },
    ),
    head: fc.constantFrom<object>(
      {},
      {
        VaultARN: 'arn:aws:glacier:eu-west-1:123456789012:vaults/demo',
        InventoryDate: '2026-03-01T12:00:00Z',
      },
    ),
    isHeadFirst: fc.boolean(),
    indent: fc.constantFrom('', ' ', '\t'),
    around: fc.constantFrom('', '\n', ' \r\n\t'),
  })
  .map(({ list, before, after, head, isHeadFirst, indent, around }) => {
    const [first, last] = isHeadFirst ? [{ ...head, ...before }, after] : [before, { ...after, ...head }];
    const fields = { ...first, ArchiveList: list, ...last };
    // A number for a key would come first, wherever it stood.
    return around + JSON.stringify(fields, null, indent) + around;
  });

describe('an inventory in JSON', () => {
  test('is what JSON.parse makes of it, however it is cut, in every encoding', async () => {
    await fc.assert(
      fc.asyncProperty(document, anyEncoding, anyCuts, async (json, encoding, cuts) => {
        const { entries, summary } = await readAll(cutAt(encodings[encoding](json), cuts));
        const parsed = JSON.parse(json);
        const sound = entries.filter((one) => !('fault' in one));
        const expected = parsed.ArchiveList.filter(
          (one: Record<string, unknown>) => one?.SHA256TreeHash === hash && one.ArchiveId !== '',
        );
        expect(entries).toHaveLength(parsed.ArchiveList.length);
        expect(sound).toEqual(
          expected.map((one: Record<string, unknown>) => ({
            archiveId: one.ArchiveId,
            description: one.ArchiveDescription,
            createdAt: one.CreationDate,
            sizeBytes: one.Size,
            treeHash: hash,
          })),
        );
        expect(summary).toMatchObject({
          takenAt: parsed.InventoryDate ?? null,
          archives: sound.length,
          malformed: entries.length - sound.length,
        });
      }),
      { numRuns: 600 },
    );
  });

  test('that JSON.parse refuses is refused, for every change of one character', async () => {
    const mutated = fc
      .tuple(document, fc.nat(), fc.constantFrom(...'"\\{}[],:0-.eatu \n\u0000'), fc.boolean())
      .map(([json, place, character, isInserted]) => {
        const at = place % (json.length + 1);
        return json.slice(0, at) + character + json.slice(isInserted ? at : at + 1);
      });
    await fc.assert(
      fc.asyncProperty(mutated, anyCuts, async (json, cuts) => {
        const isWhole = await readAll(cutAt(Buffer.from(json), cuts)).then(
          () => true,
          () => false,
        );
        let list: unknown = null;
        try {
          list = JSON.parse(json).ArchiveList;
        } catch {}
        if (isWhole) expect(Array.isArray(list)).toBe(true);
        // One whose list is there twice is refused, though JSON.parse takes the last.
        else if (json.split('ArchiveList').length === 2) expect(Array.isArray(list)).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  const small = JSON.stringify({
    VaultARN: 'arn:aws:glacier:eu-west-1:123456789012:vaults/demo',
    InventoryDate: '2026-03-01T12:00:00Z',
    ArchiveList: [1, 2, 3].map((number) => ({
      ArchiveId: `id-${number}`,
      ArchiveDescription: 'd\u00e9"\\',
      CreationDate: '2020-01-01T00:00:00Z',
      Size: number,
      SHA256TreeHash: hash,
    })),
    Note: ['after', { the: 'list' }],
  });

  test.each(Object.entries(encodings))(
    'in %s that is cut off anywhere is found out, and told by its byte',
    async (_, encode) => {
      const bytes = encode(small);
      for (let end = 12; end < bytes.length; end += 1) {
        const message = await faultOf(bytes.subarray(0, end));
        const [, byte = ''] = /^the inventory is (?:cut off|damaged) at byte (\d+)$/.exec(message) ?? [];
        // The end may fall within a character of two bytes.
        expect({ end, byte, isNear: end - Number(byte) <= 1 }).toMatchObject({
          end,
          byte: expect.stringMatching(/\d/),
          isNear: true,
        });
      }
    },
  );

  test.each(Object.entries(encodings))(
    'in %s that is damaged is told by the byte of the fault',
    async (_, encode) => {
      const at = small.indexOf('"Size":2') + '"Size":'.length;
      const bytes = encode(`${small.slice(0, at)}?${small.slice(at + 1)}`);
      const prefix = encode(small.slice(0, at)).length;
      expect(await faultOf(bytes)).toBe(`the inventory is damaged at byte ${prefix}`);
    },
  );

  test('that is not the text it says it is is told by the byte', async () => {
    const bytes = Buffer.from(small);
    const at = bytes.indexOf(Buffer.from('\u00e9'));
    bytes[at] = 0xff;
    expect(await faultOf(bytes)).toBe(`the inventory is damaged at byte ${at}`);
    const wide = encodings['UTF-16 LE'](small);
    const atWide = 2 + 2 * small.indexOf('\u00e9');
    wide.writeUInt16LE(0xd800, atWide);
    expect(await faultOf(wide)).toBe(`the inventory is damaged at byte ${atWide}`);
  });

  test.each([
    ['nothing', ''],
    ['space', ' \n'],
    ['no list', '{"VaultARN":"x"}'],
    ['a list that is none', '{"ArchiveList":null}'],
    ['two lists', '{"ArchiveList":[],"ArchiveList":[]}'],
    ['a list further in', '{"a":{"ArchiveList":[]}}'],
    ['a list alone', '[]'],
    ['text', 'hello'],
  ])('is not %s', async (_, json) => {
    expect(await faultOf(Buffer.from(json))).toMatch(/^this is no inventory of a vault \(/);
  });

  test('of zeros behind a list that is whole is damaged, as a disk leaves it that lost power', async () => {
    expect(await faultOf(Buffer.concat([Buffer.from(small), Buffer.alloc(100)]))).toBe(
      `the inventory is damaged at byte ${Buffer.byteLength(small)}`,
    );
  });

  test('gives no summary before its end, and closes what it reads when it is given up', async () => {
    let isClosed = false;
    async function* source() {
      try {
        yield Buffer.from(small.slice(0, -30));
        yield Buffer.from(small.slice(-30));
      } finally {
        isClosed = true;
      }
    }
    const reading = new InventoryReading(source());
    expect(await reading.begin()).toMatchObject({ takenAt: '2026-03-01T12:00:00Z' });
    for await (const entries of reading) {
      expect(entries.length).toBeGreaterThan(0);
      expect(() => reading.summary).toThrow();
      break;
    }
    expect(isClosed).toBe(true);
  });

  test('shows entries that lack something, and says what', async () => {
    const list = [
      { ArchiveId: 'no-hash', Size: 5 },
      { ArchiveId: 'text', Size: '5', SHA256TreeHash: hash },
      { Size: 5, SHA256TreeHash: hash },
      { ArchiveId: 'huge', Size: 1e300, SHA256TreeHash: hash },
      null,
    ];
    const { entries, summary } = await readAll([Buffer.from(JSON.stringify({ ArchiveList: list }))]);
    expect(entries).toMatchObject([
      { archiveId: 'no-hash', sizeBytes: 5, treeHash: null, fault: 'no tree hash' },
      { archiveId: 'text', sizeBytes: 5, treeHash: hash, fault: 'its size is text' },
      { archiveId: null, sizeBytes: 5, fault: 'no archive ID' },
      { archiveId: 'huge', sizeBytes: null, fault: 'no size' },
      { archiveId: null, fault: 'no archive ID, no size, no tree hash' },
    ]);
    expect(summary).toMatchObject({ archives: 0, malformed: 5, sizeBytes: 0 });
  });
});

describe('an inventory in CSV', () => {
  const columns = 'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash';
  const description = fc.string({ unit: 'binary-ascii' }).map((one) => one.replace(/[^\x20-\x7e]/g, '~'));
  const glacierField = (one: string): string => (/[",]/.test(one) ? `"${one.replaceAll('"', '\\"')}"` : one);
  const spreadsheetField = (one: string): string =>
    /[",;\t]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one;

  test.each([
    ['Glacier writes it', glacierField, ','],
    ['a spreadsheet saves it', spreadsheetField, ','],
    ['a spreadsheet saves it where the comma is a decimal point', spreadsheetField, ';'],
    ['a spreadsheet saves it as text', spreadsheetField, '\t'],
  ])('is read as %s, however it is cut, in every encoding', async (_, field, separator) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(description, fc.nat())),
        anyEncoding,
        anyCuts,
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (rows, encoding, cuts, newline, isEnded) => {
          // A description that begins and ends with a quote of its own reads like a quoted one.
          const known = rows.filter(([one]) => !/^".*"$/s.test(one) || field(one) !== one);
          const lines = [
            columns.split(',').join(separator),
            ...known.map(([one, size], index) =>
              [`-id_${index}`, field(one), '2020-01-01T00:00:00Z', size, hash].join(separator),
            ),
          ];
          const csv = lines.join(newline) + (isEnded ? newline : '');
          const { entries, summary } = await readAll(cutAt(encodings[encoding](csv), cuts));
          expect(entries).toEqual(
            known.map(([one, size], index) => ({
              archiveId: `-id_${index}`,
              description: one,
              createdAt: '2020-01-01T00:00:00Z',
              sizeBytes: size,
              treeHash: hash,
            })),
          );
          expect(summary).toMatchObject({ archives: known.length, malformed: 0, takenAt: null, vault: null });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('that is cut off within a line is told by its byte', async () => {
    const csv = `${columns}\nid,"d",2020-01-01T00:00:00Z,5,${hash}\n`;
    for (let end = columns.length + 2; end < csv.length - 1; end += 1) {
      expect(await faultOf(Buffer.from(csv.slice(0, end)))).toBe(`the inventory is cut off at byte ${end}`);
    }
  });

  test('shows lines that lack something, and says what', async () => {
    const csv = [
      columns,
      `id-1,d,2020-01-01T00:00:00Z,1.23E+11,${hash}`,
      'id-2,d,2020-01-01T00:00:00Z,5,',
      `#NAME?,d,2020-01-01T00:00:00Z,5,${hash}`,
      'broken',
      '',
    ].join('\n');
    const { entries, summary } = await readAll([Buffer.from(csv)]);
    expect(entries).toMatchObject([
      { archiveId: 'id-1', sizeBytes: null, fault: 'its size is "1.23E+11"' },
      { archiveId: 'id-2', sizeBytes: 5, fault: 'no tree hash' },
      { archiveId: null, treeHash: hash, fault: '"#NAME?" is no archive ID' },
      { archiveId: null, description: 'broken' },
    ]);
    expect(summary.malformed).toBe(4);
  });

  test.each([
    ['other columns', 'ArchiveId,Size\n'],
    ['one line without an end', 'ArchiveId'],
    ['a long text without lines', 'x'.repeat(17 * 1024 * 1024)],
  ])('is not %s', async (_, csv) => {
    expect(await faultOf(Buffer.from(csv))).toMatch(/^this is no inventory of a vault \(/);
  });
});
