import { describe, expect, test } from 'vitest';
import { ProgressMeter } from '../../../src/cli/output/progress-meter.js';
import { fakeClock } from '../../helpers/fake-clock.js';

describe('progress over many files', () => {
  test('is the share of the files that are done', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.beginFiles(4);
    meter.fileDone();
    expect({ hasTotal: meter.hasTotal, fraction: meter.fraction }).toEqual({
      hasTotal: true,
      fraction: 0.25,
    });
    for (let count = 0; count < 3; count += 1) meter.fileDone();
    expect(meter.fraction).toBe(1);
  });

  test('is nothing while nobody knows how many there will be', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.beginFiles(null);
    meter.fileDone();
    expect({ hasTotal: meter.hasTotal, fraction: meter.fraction }).toEqual({ hasTotal: false, fraction: 0 });
  });
});
