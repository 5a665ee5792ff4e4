import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { longSleep } from '../../src/server/faults/long-sleep.js';

vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn(async () => {}) }));

test('a time that no timer of Node can hold is waited for in steps', async () => {
  const waitMs = 60 * 86_400_000;
  await longSleep(waitMs);
  const stepsMs = vi.mocked(sleep).mock.calls.map(([stepMs]) => stepMs ?? 0);
  expect(stepsMs.reduce((sum, stepMs) => sum + stepMs, 0)).toBe(waitMs);
  for (const stepMs of stepsMs) expect(stepMs).toBeLessThan(2 ** 31);
});
