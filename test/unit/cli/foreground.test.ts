import { describe, expect, test } from 'vitest';
import { isForegroundIn, isInForeground } from '../../../src/cli/output/foreground.js';

/** `/proc/PID/stat` of a process of group 70. */
const statWith = (foreground: number) => `71 (a) b) S 1 70 70 34816 ${foreground} 4194304 1 0`;

describe('a process', () => {
  test.each([
    ['is in the foreground where its group is', 70, true],
    ['is in the background where the shell is in front', 60, false],
    ['without a terminal is nobody’s background', -1, true],
    ['of a container whose terminal is outside is nobody’s background', 0, true],
  ])('%s', (_, foreground, isInFront) => {
    expect(isForegroundIn(statWith(foreground))).toBe(isInFront);
  });

  test('knows of itself which one it is', () => {
    expect(typeof isInForeground()).toBe('boolean');
  });
});
