/**
 * Measures what the README's table says, side by side with rivals.
 *
 *     npm run bench                       all of it, in less than ten minutes
 *     npm run bench -- treehash start     some subjects
 *     npm run bench -- peers              other tools on the same work, as far as they are installed
 *     npm run bench -- senders            one archive by several processes at once
 *     npm run bench -- upload-size         what each further GiB of an upload costs
 *     npm run bench -- inventory receipts a vault of a million archives, beside JSON.parse and an old build
 *     npm run bench -- empty              a vault of a million archives planned, and vaults emptied
 *     npm run bench -- restore            10,000 archives of 100 KB brought back
 *     npm run bench -- --check            exit 1 when a bar is missed by more than 10 %
 *     npm run bench -- --folder DIR       where to make the files (12 GiB); default: the system's temporary folder
 *     npm run bench -- --scale 0.01 …     so many times as many archives: for developing
 */
import { availableParallelism, cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { Missing, need } from './frame/programs.mjs';
import { isMissed, missingLine, tableHead, tableLine } from './frame/table.mjs';
import { makeWorkspace } from './frame/workspace.mjs';

const subjects = [
  'treehash',
  'small-files',
  'start',
  'memory',
  'upload-cpu',
  'upload-boto',
  'stdin',
  'receive',
  'retrieve',
  'resume',
  'growth',
  'link',
  'rate',
];
/** These run only when they are named. */
const onlyByName = ['peers', 'senders', 'upload-size', 'inventory', 'receipts', 'empty', 'restore'];
/** These wait for a link or a clock most of the time: side by side they take half as long. */
const waiting = ['link', 'rate'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, folder: { type: 'string' }, scale: { type: 'string' } },
});
const known = [...subjects, ...onlyByName];
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`no subject is called ${unknown}; there are: ${known.join(', ')}\n`);
  process.exit(2);
}
need('/usr/bin/time');

const out = (line) => process.stdout.write(`${line}\n`);
const workspace = makeWorkspace(options.folder, Number(options.scale ?? 1));
process.on('exit', () => workspace.remove());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

out(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model}, ${availableParallelism()} cores, ` +
    `Linux ${release()}, Node ${process.versions.node}\n\n${tableHead}`,
);
const missed = [];
const begunMs = performance.now();
const chosen = positionals.length > 0 ? positionals : subjects;
for (const name of chosen.filter((subject) => !waiting.includes(subject))) await measureSubject(name);
await Promise.all(chosen.filter((subject) => waiting.includes(subject)).map(measureSubject));
out(`\nmeasured in ${((performance.now() - begunMs) / 60_000).toFixed(1)} minutes`);
if (options.check && missed.length > 0) {
  process.stderr.write(`missed by more than 10 %: ${missed.join('; ')}\n`);
  process.exitCode = 1;
}

async function measureSubject(name) {
  const { measure } = await import(`./subjects/${name}.mjs`);
  try {
    const row = (measured) => {
      out(tableLine(measured));
      if (isMissed(measured)) missed.push(measured.what);
    };
    await measure(workspace, row, (what, reason) => out(missingLine(what, reason)));
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    out(missingLine(name, error.message));
  }
}
