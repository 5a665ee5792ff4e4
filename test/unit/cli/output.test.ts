import { describe, expect, test } from 'vitest';
import { draw, makeBar } from '../../../src/cli/output/bar.js';
import { makeLines } from '../../../src/cli/output/lines.js';
import { partsMap } from '../../../src/cli/output/parts-map.js';
import { ProgressMeter } from '../../../src/cli/output/progress-meter.js';
import { durationText, sizeText, timeText } from '../../../src/cli/output/units.js';
import { visible, visibleJson, visibleLine } from '../../../src/cli/output/visible.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { ComparedPart, PartState } from '../../../src/transfer/compare.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const MiB = 1024 ** 2;

describe('text from outside', () => {
  test.each([
    ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['\u001b[2J', '\\x1b[2J'],
    ['a\rb', 'a\\x0db'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\u009b31m', '\\x9b31m'],
    ['\u007f', '\\x7f'],
    ['\ud800', '\\ud800'],
    ['día 日本 🎉', 'día 日本 🎉'],
  ])('%j is shown as %s', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('stays on its line', () => {
    expect(visibleLine('a\nb\tc')).toBe('a\\nb\\tc');
  });

  test('is the same JSON, with nothing a terminal would act on', () => {
    const value = { name: '\u001b[2J\u009b\u202e\n"é' };
    expect(visibleJson(value)).toMatch(/^[\x20-\x7eé]*$/);
    expect(JSON.parse(visibleJson(value))).toEqual(value);
  });
});

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1536, '1.50 KiB'],
  [64 * MiB, '64 MiB'],
  [40_000 * 1024 ** 3, '39.1 TiB'],
])('%d bytes are %s', (sizeBytes, text) => {
  expect(sizeText(sizeBytes)).toBe(text);
});

test.each([
  [0, '0s'],
  [59_000, '59s'],
  [60_000, '1m'],
  [5_025_000, '1h 23m'],
  [90_000_000, '1d 1h'],
])('%d ms are %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text);
});

test('times are told in UTC', () => {
  expect(timeText('2026-11-24T02:18:59.123Z')).toBe('2026-11-24 02:18 UTC');
});

describe('progress', () => {
  const plan = { sizeBytes: 100 * MiB, partSizeBytes: MiB, partCount: 100 };
  const sending = { kind: 'sending', file: 'f', uploadId: 'u', plan, isNew: false } as const;

  test('after a resume counts what was kept in the percentage and not in the rate', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.take({ ...sending, keptParts: 50, keptBytes: 50 * MiB });
    for (let second = 0; second < 10; second += 1) {
      clock.pass(1000);
      meter.take({ kind: 'bytes', sizeBytes: MiB });
    }
    expect(meter.line()).toBe('60% 60 MiB of 100 MiB, 1 MiB/s, 40s left, part 50 of 100');
  });

  test('takes back the bytes of an attempt that failed', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.take({ ...sending, keptParts: 0, keptBytes: 0 });
    meter.take({ kind: 'bytes', sizeBytes: 10 * MiB });
    meter.take({ kind: 'bytes', sizeBytes: -10 * MiB });
    expect(meter.line()).toContain('0% 0 bytes of 100 MiB');
  });

  test('names the date when it is more than a day away', () => {
    const clock = fakeClock(Date.parse('2026-01-01T00:00:00Z'));
    const meter = new ProgressMeter(clock);
    meter.take({ ...sending, keptParts: 0, keptBytes: 0 });
    clock.pass(10_000);
    meter.take({ kind: 'bytes', sizeBytes: 1000 });
    expect(meter.line()).toMatch(/12d 3h left \(2026-01-13 03:\d\d UTC\)/);
  });

  test('tells no rate before there is one, and a rate of 0 when nothing moves', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.take({ ...sending, keptParts: 0, keptBytes: 0 });
    clock.pass(100);
    meter.take({ kind: 'bytes', sizeBytes: 10 * MiB });
    expect(meter.line()).toBe('10% 10 MiB of 100 MiB, part 0 of 100');
    clock.pass(60_000);
    meter.line();
    clock.pass(15_000);
    expect(meter.line()).toBe('10% 10 MiB of 100 MiB, 0 bytes/s, part 0 of 100');
  });

  test('leaves out what is least needed where there is little room', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.take({ ...sending, keptParts: 0, keptBytes: 0 });
    clock.pass(10_000);
    meter.take({ kind: 'bytes', sizeBytes: 50 * MiB });
    meter.take({ kind: 'retry', error: new GlacierUpError('temporary', 'x'), attempt: 1, waitMs: 1 });
    expect([200, 70, 56, 40, 25, 14, 12, 2].map((columns) => meter.fittingLine(columns))).toEqual([
      '50% 50 MiB of 100 MiB, 5 MiB/s, 10s left, part 0 of 100, 1 retry',
      '50% 50 MiB of 100 MiB, 5 MiB/s, 10s left, part 0 of 100, 1 retry',
      '50% 50 MiB of 100 MiB, 5 MiB/s, 10s left, part 0 of 100',
      '50% 50 MiB of 100 MiB, 5 MiB/s, 10s left',
      '50%, 5 MiB/s, 10s left',
      '50%, 10s left',
      '50%',
      '50',
    ]);
  });

  test('is one plain line a minute where there is no terminal', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    const written: string[] = [];
    meter.take({ ...sending, keptParts: 0, keptBytes: 0 });
    const lines = makeLines((text) => written.push(text), meter, clock);
    for (let second = 0; second < 130; second += 1) {
      clock.pass(1000);
      meter.take({ kind: 'bytes', sizeBytes: 1024 });
      lines.update();
    }
    expect(written).toEqual([
      expect.stringMatching(/^0% 60 KiB of 100 MiB, .* left .*, part 0 of 100$/),
      expect.stringMatching(/^0% 120 KiB of 100 MiB, .* left .*, part 0 of 100$/),
    ]);
  });

  const onTerminal = (isForeground: () => boolean) => {
    const pieces: string[] = [];
    const stderr = {
      write: (text: string | Uint8Array) => pieces.push(String(text)),
      isTTY: true,
      columns: 80,
    };
    return { pieces, bar: makeBar(stderr, new ProgressMeter(fakeClock()), isForeground) };
  };

  test('takes its row away when it ends, and shows the cursor again', () => {
    const { pieces, bar } = onTerminal(() => true);
    expect(pieces.join('')).toContain('\u001b[?25l');
    bar.stop();
    expect(pieces.join('').endsWith('\r\u001b[K\u001b[?25h')).toBe(true);
  });

  test('writes nothing of its own in the background', () => {
    const { pieces, bar } = onTerminal(() => false);
    bar.aside(() => pieces.push('a note\n'));
    bar.stop();
    expect(pieces).toEqual(['a note\n']);
  });

  test.each([40, 80, 200])('fits a terminal of %d columns', (columns) => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.take({ ...sending, keptParts: 0, keptBytes: 0 });
    clock.pass(2000);
    meter.take({ kind: 'bytes', sizeBytes: 50 * MiB });
    const line = draw(meter, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(line).toContain('50%');
    if (columns > 80) expect(line).toContain('[===============               ]');
  });
});

describe('the map of the parts', () => {
  const parts = (states: PartState[]): ComparedPart[] =>
    states.map((state, index) => ({
      index,
      range: { start: index, end: index + 1 },
      state,
      treeHash: null,
      serverTreeHash: null,
    }));

  test('has one mark a part, and a legend of those that occur', () => {
    expect(partsMap(parts(['matching', 'different', 'missing', 'unknown', 'unexpected']), 80)).toEqual([
      '[#!.o?]',
      '# matching  ! different  . missing  o unknown  ? unexpected',
    ]);
  });

  test('of 10,000 parts stays within eight rows, and a single missing part is not lost in it', () => {
    const states = Array.from({ length: 10_000 }, (): PartState => 'matching');
    states[7777] = 'missing';
    const rows = partsMap(parts(states), 80);
    expect(rows.length).toBeLessThanOrEqual(9);
    expect(rows.slice(0, -1).join('').match(/\./g)).toHaveLength(1);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
  });

  test('of no parts is nothing', () => {
    expect(partsMap([], 80)).toEqual([]);
  });
});
