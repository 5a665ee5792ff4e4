import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { followSignal } from '../../src/follow-signal.js';

describe('a signal that follows another one', () => {
  test('is aborted with it, for its reason', () => {
    const leader = new AbortController();
    const { signal } = followSignal(leader.signal);
    expect(signal.aborted).toBe(false);
    const reason = new Error('enough');
    leader.abort(reason);
    expect(signal.reason).toBe(reason);
  });

  test('is aborted from the beginning when that is', () => {
    const reason = new Error('enough');
    expect(followSignal(AbortSignal.abort(reason)).signal.reason).toBe(reason);
  });

  test('is aborted alone, and keeps its own reason', () => {
    const leader = new AbortController();
    const { signal, abort } = followSignal(leader.signal);
    abort('mine');
    leader.abort('its');
    expect([signal.reason, leader.signal.reason]).toEqual(['mine', 'its']);
  });

  test('follows no more once it is released', () => {
    const leader = new AbortController();
    const { signal, release } = followSignal(leader.signal);
    release();
    leader.abort();
    expect(signal.aborted).toBe(false);
  });

  test('takes as many listeners as there are requests, and Node does not warn of them', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { signal } = followSignal(new AbortController().signal);
    for (let count = 0; count < 20; count += 1) signal.addEventListener('abort', () => {});
    await setImmediate();
    expect(warnings).toEqual([]);
  });
});
