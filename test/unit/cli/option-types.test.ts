import { expectTypeOf, test } from 'vitest';
import type { OptionSpec } from '../../../src/cli/command/command.js';
import type { CommandRun } from '../../../src/cli/command/command-run.js';
import type { ValuesOf } from '../../../src/cli/command/option-types.js';
import type { UploadRun } from '../../../src/cli/commands/upload/options.js';
import type { ShardOption } from '../../../src/cli/commands/upload/shard-option.js';

const declared = [
  { flags: '-n, --dry-run', help: '' },
  { flags: '--no-color', help: '' },
  { flags: '--vault <name>', help: '' },
  { flags: '--part-size <size>', help: '', parse: Number, values: ['1M'] },
  { flags: '--on-change <action>', help: '', values: ['fail', 'start-over'] },
  { flags: '--exclude <glob>', help: '', parse: (text: string) => text.length, repeatable: true },
  { flags: '--fault <rule...>', help: '' },
] as const satisfies readonly OptionSpec[];

test('options have the types of their declaration', () => {
  expectTypeOf<ValuesOf<typeof declared>>().toEqualTypeOf<{
    readonly dryRun?: boolean;
    readonly color?: boolean;
    readonly vault?: string;
    readonly partSize?: number;
    readonly onChange?: 'fail' | 'start-over';
    readonly exclude?: number[];
    readonly fault?: string[];
  }>();
});

test('the run of a command sees its own options, and no other', () => {
  expectTypeOf<UploadRun['options']['shard']>().toEqualTypeOf<ShardOption | undefined>();
  expectTypeOf<UploadRun['options']['stateDir']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<UploadRun['options']>().not.toHaveProperty('treeHash');
  expectTypeOf<CommandRun['options']>().not.toHaveProperty('vault');
});
