import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { flagsOf } from '../../src/cli/command/command.js';
import { partSizeValues } from '../../src/cli/options/option-values.js';
import { MiB } from '../helpers/bytes.js';
import { runCli } from '../helpers/cli.js';
import { commandSpecs, optionsOf } from '../helpers/command-tree.js';
import { isInstalled } from '../helpers/installed.js';
import { makePlace } from '../helpers/place.js';
import { bashComplete, type Complete, fishComplete, type Offer, zshComplete } from '../helpers/shells.js';
import { tempFolder } from '../helpers/temp-folder.js';

const shells: { shell: string; complete: Complete; describes: boolean }[] = [
  { shell: 'bash', complete: bashComplete, describes: false },
  { shell: 'zsh', complete: zshComplete, describes: true },
  { shell: 'fish', complete: fishComplete, describes: true },
];

const scripts = new Map<string, string>();
beforeAll(async () => {
  for (const { shell } of shells) {
    const { stdout } = await runCli(['completion', shell], { folder: '/nonexistent' });
    scripts.set(shell, stdout);
  }
});

/** Without the escapes that some shells add; zsh may offer a word twice, once for each way of matching. */
const wordsOf = (offers: Offer[] | undefined): string[] =>
  [...new Set((offers ?? []).map(({ word }) => word.replaceAll('\\', '')))].sort();

for (const { shell, complete, describes } of shells) {
  describe.skipIf(!isInstalled(shell))(`completion in ${shell}`, () => {
    const ask = (folder: string, lines: string[]) =>
      complete({ folder, script: scripts.get(shell) ?? '' }, lines);

    test('offers every command, and what begins with the word', async () => {
      const [all, some, ofHelp] = await ask(tempFolder(), [
        'glacier-up ',
        'glacier-up list-',
        'glacier-up help ',
      ]);
      const names = commandSpecs.map(({ name }) => name);
      expect(wordsOf(all)).toEqual([...names, 'help'].sort());
      expect(wordsOf(some)).toEqual(names.filter((name) => name.startsWith('list-')).sort());
      expect(wordsOf(ofHelp)).toEqual([...names].sort());
    });

    test('offers every long option of every command', async () => {
      const asked = await ask(
        tempFolder(),
        commandSpecs.map(({ name }) => `glacier-up ${name} --`),
      );
      for (const [i, spec] of commandSpecs.entries()) {
        const expected = [...optionsOf(spec).map((option) => flagsOf(option).long), '--help'];
        expect(
          wordsOf(asked[i]).map((word) => word.replace(/=$/, '')),
          spec.name,
        ).toEqual(expected.sort());
      }
    });

    test.skipIf(!describes)('tells what each option and command means', async () => {
      const asked = await ask(tempFolder(), [
        'glacier-up ',
        ...commandSpecs.map(({ name }) => `glacier-up ${name} --`),
      ]);
      const text = asked.map((offers) => offers.map((offer) => offer.description).join('\n'));
      for (const [i, spec] of commandSpecs.entries()) {
        expect(text[0]).toContain(spec.summary.slice(0, 30));
        for (const { help } of optionsOf(spec)) expect(text[i + 1]).toContain(help.slice(0, 30));
      }
    });

    test('offers values of a closed list, folders, files, or nothing, as the option has it', async () => {
      const folder = tempFolder();
      mkdirSync(join(folder, 'a folder'));
      mkdirSync(join(folder, 'vault'));
      writeFileSync(join(folder, 'inventory.json'), '');
      const [sizes, joined, folders, files, nothing] = await ask(folder, [
        'glacier-up upload --part-size ',
        'glacier-up upload --part-size=1',
        'glacier-up upload --local v',
        'glacier-up treehash --inventory inv',
        'glacier-up upload --description ',
      ]);
      expect(wordsOf(sizes)).toEqual([...partSizeValues].sort());
      expect(wordsOf(joined).map((word) => word.replace('--part-size=', ''))).toEqual(
        ['1G', '1M', '128M', '16M'].sort(),
      );
      expect(wordsOf(folders).map((word) => word.replace(/\/$/, ''))).toEqual(['vault']);
      expect(wordsOf(files)).toEqual(['inventory.json']);
      expect(wordsOf(nothing)).toEqual([]);
    });

    test('offers files to upload, the shells to completion, and nothing to sessions', async () => {
      const folder = tempFolder();
      writeFileSync(join(folder, 'backup one.tar'), '');
      writeFileSync(join(folder, 'backup-two.tar'), '');
      const [files, known, none] = await ask(folder, [
        'glacier-up upload --vault photos backup',
        'glacier-up completion ',
        'glacier-up sessions ',
      ]);
      expect(wordsOf(files)).toEqual(['backup one.tar', 'backup-two.tar']);
      expect(wordsOf(known)).toEqual(['bash', 'fish', 'zsh']);
      // zsh offers the options where there is nothing else.
      expect(wordsOf(none).filter((word) => !word.startsWith('-'))).toEqual([]);
    });

    test('offers the IDs of unfinished uploads where a session can be named', async () => {
      const place = makePlace(2 * MiB);
      await place.interrupted(['upload', place.file, '--part-size', '1M'], 1);
      const id = String(place.sessions()[0]?.id);
      const [resume, prefix, upload] = await ask(place.folder, [
        'glacier-up resume ',
        `glacier-up abort --yes ${id.slice(0, 4)}`,
        'glacier-up upload ',
      ]);
      expect(wordsOf(resume)).toContain(id);
      expect(wordsOf(resume)).toContain('backup.tar');
      expect(wordsOf(prefix)).toEqual([id]);
      expect(wordsOf(upload)).not.toContain(id);
      if (describes) expect(resume?.find(({ word }) => word === id)?.description).toContain('backup.tar');
    });

    test('looks for sessions where --state-dir says', async () => {
      const place = makePlace(2 * MiB);
      const state = join(place.folder, 'state');
      await place.interrupted(['upload', place.file, '--part-size', '1M', '--state-dir', state], 1);
      const [elsewhere, there] = await ask(place.folder, [
        'glacier-up resume ',
        `glacier-up resume --state-dir ${state} `,
      ]);
      const ids = (offers: Offer[] | undefined) =>
        wordsOf(offers).filter((word) => /^[0-9a-f]{20}$/.test(word));
      expect(ids(elsewhere)).toEqual([]);
      expect(ids(there)).toHaveLength(1);
    });

    test('is silent when the sessions cannot be read', async () => {
      const folder = tempFolder();
      mkdirSync(join(folder, 'home/.local/state/glacier-up/sessions'), { recursive: true });
      writeFileSync(join(folder, 'home/.local/state/glacier-up/sessions', `${'a'.repeat(20)}.json`), '{');
      const [offers] = await ask(folder, ['glacier-up resume aa']);
      expect(wordsOf(offers)).toEqual([]);
    });
  });
}

test('a shell without completion is refused, with those that have one', async () => {
  const { code, stderr } = await runCli(['completion', 'tcsh'], { folder: tempFolder() });
  expect(code).toBe(2);
  expect(stderr).toContain('name one of bash, zsh, fish');
});
