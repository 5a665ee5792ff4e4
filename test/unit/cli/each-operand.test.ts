/** What a failure of one operand means for the others. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { VaultSelector } from '../../../src/cli/open/vault-selector.js';
import { forEachOperand, type Turn } from '../../../src/cli/operands/each-operand.js';
import { OperandWindow, oneByOne, type WindowRules } from '../../../src/cli/operands/operand-window.js';
import type { Outcome, Work } from '../../../src/cli/operands/summary.js';
import { type ErrorCode, GlacierUpError } from '../../../src/errors.js';
import type { Receipt } from '../../../src/session/receipts/receipt.js';
import { UnsavedReceiptError } from '../../../src/transfer/lifecycle/settle.js';
import { commandRun } from './helpers/command-run.js';

const work: Work = { command: 'upload', nouns: 'files', outcomes: ['archived'] };
const here: VaultSelector = { vault: 'demo', region: 'eu-west-1' };
const otherVault: VaultSelector = { ...here, vault: 'other' };
const elsewhere: VaultSelector = { ...here, region: 'us-east-1' };

const unsaved = new UnsavedReceiptError(
  { archiveId: 'an-archive' } as Receipt,
  new GlacierUpError('state-unusable', 'the disk is full'),
);

const together: WindowRules = { ...oneByOne, look: async (key) => ({ units: 1, key }), most: 100_000 };

type Run = ReturnType<typeof commandRun>;
type Action = (operand: string, turn: Turn, run: Run) => Promise<Outcome>;

/** Does it for each operand; the operands tried, those reported as failed, and the object at the end. */
async function done(
  operands: readonly string[],
  action: Action,
  { window, stop }: { window?: Partial<WindowRules>; stop?: (run: Run) => void } = {},
) {
  const run = commandRun({ json: true });
  const tried: string[] = [];
  const ending = forEachOperand(
    run.command,
    operands,
    work,
    (operand, turnOf) => {
      tried.push(operand);
      return action(operand, turnOf, run);
    },
    ...(window ? [new OperandWindow({ ...together, capacity: () => 100_000, ...window })] : []),
  ).catch((error: unknown) => error);
  stop?.(run);
  const error = await ending;
  return {
    ...run,
    error,
    tried,
    reported: run.failures.map(({ file }) => file),
    summary: run.objects().at(-1),
  };
}

const failing = (code: ErrorCode): GlacierUpError => new GlacierUpError(code, code);

describe('after a failure of the first of three in one place', () => {
  test.each<[ErrorCode, VaultSelector, string[]]>([
    ['archive-unusable', here, ['a', 'b', 'c']],
    ['upload-gone', here, ['a', 'b', 'c']],
    ['internal', elsewhere, ['a']],
    ['state-unusable', elsewhere, ['a']],
    ['access-denied', here, ['a']],
    ['access-denied', otherVault, ['a']],
    ['access-denied', elsewhere, ['a', 'b', 'c']],
    ['temporary', otherVault, ['a']],
    ['temporary', elsewhere, ['a', 'b', 'c']],
    ['vault-gone', here, ['a']],
    ['vault-gone', otherVault, ['a', 'b', 'c']],
  ])('%s, with the others in %j: done are %j', async (code, place, expected) => {
    const begun: string[] = [];
    const { reported, summary, failures } = await done(['a', 'b', 'c'], async (operand, { at }) => {
      at(operand === 'a' ? here : place);
      begun.push(operand);
      if (operand === 'a') throw failing(code);
      return 'archived';
    });
    expect(begun).toEqual(expected);
    expect(reported).toEqual(['a']);
    expect(failures[0]?.at).toEqual(here);
    expect(summary).toMatchObject({
      failed: 1,
      archived: expected.length - 1,
      notTriedNames: ['a', 'b', 'c'].slice(expected.length),
    });
  });

  test('which has no place, none of the others is tried', async () => {
    const { tried, summary } = await done(['a', 'b', 'c'], async () => {
      throw failing('temporary');
    });
    expect(tried).toEqual(['a']);
    expect(summary).toMatchObject({ failed: 1, notTried: 2 });
  });

  test('that may be over later, the others are tried when the service has answered anything', async () => {
    const { tried } = await done(['a', 'b'], async (operand, _, { command }) => {
      if (operand === 'b') return 'archived';
      command.patience.with('eu-west-1').noteAnswer();
      throw failing('temporary');
    });
    expect(tried).toEqual(['a', 'b']);
  });

  test('an error that is not ours is of its operand alone', async () => {
    const { tried, reported } = await done(['a', 'b'], async (operand) => {
      if (operand === 'a') throw new TypeError('odd');
      return 'archived';
    });
    expect({ tried, reported }).toEqual({ tried: ['a', 'b'], reported: ['a'] });
  });
});

describe('of operands that are under way together', () => {
  /** Both begin, then they fail one after the other. */
  async function failBoth(error: unknown, places: readonly (VaultSelector | undefined)[], later = error) {
    let begun = 0;
    return done(
      ['a', 'b'],
      async (operand, { at }) => {
        const place = places[operand === 'a' ? 0 : 1];
        if (place) at(place);
        begun += 1;
        while (begun < 2) await turn();
        if (operand === 'b') await turn();
        throw operand === 'a' ? error : later;
      },
      { window: {} },
    );
  }

  test.each<[string, unknown, (VaultSelector | undefined)[], number]>([
    ['refused credentials in one place are reported once', failing('access-denied'), [here, otherVault], 1],
    ['in two places twice', failing('access-denied'), [here, elsewhere], 2],
    ['a missing vault once', failing('vault-gone'), [here, here], 1],
    ['two missing vaults twice', failing('vault-gone'), [here, otherVault], 2],
    ['what has no place once', failing('access-denied'), [undefined, undefined], 1],
    ['state that cannot be used once', failing('state-unusable'), [here, elsewhere], 1],
    ['what is wrong with a file for each', failing('archive-unusable'), [here, here], 2],
    ['an archive without a receipt for each', unsaved, [here, here], 2],
  ])('%s', async (_, error, places, count) => {
    const { reported, summary } = await failBoth(error, places);
    expect(reported).toEqual(['a', 'b'].slice(0, count));
    expect(summary).toMatchObject({ failed: count, interrupted: 2 - count });
  });

  test('what is wrong with one alone is reported after what ends the run', async () => {
    const wrong = failing('archive-unusable');
    const { reported } = await failBoth(failing('access-denied'), [here, here], wrong);
    expect(reported).toEqual(['a', 'b']);
  });

  test('results are written in the order of the operands', async () => {
    const written: string[] = [];
    await done(
      ['a', 'b'],
      async (operand, { print }) => {
        if (operand === 'a') await turn();
        print(() => written.push(operand));
        return 'archived';
      },
      { window: {} },
    );
    expect(written).toEqual(['a', 'b']);
  });

  test('none begins ten thousand places ahead of one that takes longer', async () => {
    const operands = Array.from({ length: 10_002 }, (_, index) => `${index}`);
    let finish: () => void = () => {};
    let begun = 0;
    const running = done(
      operands,
      async (operand) => {
        begun += 1;
        if (operand === '0') {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        }
        return 'archived';
      },
      { window: {} },
    );
    let before = -1;
    while (before < begun) {
      before = begun;
      for (let turns = 0; turns < 20; turns += 1) await turn();
    }
    expect(begun).toBe(10_000);
    finish();
    expect((await running).summary).toMatchObject({ archived: 10_002 });
  });
});

describe('when the run is stopped', () => {
  test('what was under way is interrupted and not reported, and the rest is not tried', async () => {
    const { error, tried, reported, summary } = await done(
      ['a', 'b', 'c'],
      async () => {
        await turn();
        await turn();
        throw failing('access-denied');
      },
      { stop: ({ stop }) => setImmediate(stop) },
    );
    expect(error).toMatchObject({ message: 'stopped' });
    expect({ tried, reported }).toEqual({ tried: ['a'], reported: [] });
    expect(summary).toMatchObject({ interrupted: 1, notTriedNames: ['b', 'c'] });
  });

  test('an operand that waits for its turn is not begun', async () => {
    const { tried, summary } = await done(
      ['a', 'b'],
      async () => {
        for (let turns = 0; turns < 5; turns += 1) await turn();
        return 'archived';
      },
      { stop: ({ stop }) => setImmediate(stop) },
    );
    expect(tried).toEqual(['a']);
    expect(summary).toMatchObject({ archived: 1, notTriedNames: ['b'] });
  });
});

test('what comes before the line at the end is said before it, and its bytes are counted', async () => {
  const { command, stderr } = commandRun();
  await forEachOperand(
    command,
    ['a', 'b'],
    { ...work, isMeasured: true, conclude: () => command.reporter.note('all has arrived') },
    async (_, { count }) => {
      count(1024);
      return 'archived';
    },
  );
  expect(stderr()).toBe('glacier-up: all has arrived\nglacier-up: 2 files: 2 archived; 2 KiB in 0s\n');
});
