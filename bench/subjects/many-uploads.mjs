/** `upload` of many small files: to a server 100 ms away, and into the embedded vault on this machine. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oldBuild, oldCommit } from '../frame/old-build.mjs';
import { cleanEnvironment, glacierUpPath, run } from '../frame/programs.mjs';
import { secondsText } from '../frame/table.mjs';
import { startDiscardingVault, startEmbeddedVault, startLink } from '../frame/vaults.mjs';
import { MiB } from '../frame/workspace.mjs';

const sizeBytes = 100_000;
const roundTripMs = 100;

let states = 0;

/** The build before takes minutes for a thousand files: it gets a tenth of them. */
export async function measureUploads(workspace, row, missing) {
  const { folder, path, scale } = workspace;
  const count = Math.max(10, Math.round(1000 * scale));
  const old = oldBuild(workspace);
  mkdirSync(path('many'));
  const files = Array.from({ length: count }, (_, index) => join(path('many'), String(index)));
  for (const file of files) writeFileSync(file, randomBytes(sizeBytes));
  const now = (args, options) => run(glacierUpPath, args, options);
  const upload = async (build, some, url, options = []) => {
    states += 1;
    const where = ['--vault', 'bench', '--endpoint-url', url, '--state-dir', path(`many-state-${states}`)];
    const env = cleanEnvironment(folder);
    return build(['upload', ...some, '--quiet', ...where, ...options], { folder, env });
  };
  const perSecond = (some, { wallSeconds }) => some.length / wallSeconds;
  const tenth = files.slice(0, Math.max(2, count / 10));
  const one = files.slice(0, 1);
  /** What each further file costs: the start of the program counts for more in a tenth of the files. */
  const furtherCpuMs = (some, all, single) =>
    ((all.cpuSeconds - single.cpuSeconds) * 1000) / (some.length - 1);

  const vault = await startDiscardingVault(workspace);
  const link = await startLink(vault.url, { bytesPerSecond: 100 * MiB, roundTripMs }, workspace);
  try {
    const ours = await upload(now, files, link.url);
    const what = `\`upload\` of ${count} files of 100 KB to a server ${roundTripMs} ms away`;
    row({
      what: `${what}, files a second`,
      values: [perSecond(files, ours)],
      bar: { atLeast: 60 },
      note: `${secondsText([ours.wallSeconds])}, ${Math.round(ours.peakMiB)} MiB`,
    });
    const cpuMs = ((ours.cpuSeconds * 1000) / count).toFixed(1);
    row({ what: `${what}, CPU ms each`, values: [Number(cpuMs)], bar: { atMost: 9 } });
    const wide = await upload(now, files, link.url, ['--concurrency', '16']);
    row({
      what: `${what}, with \`--concurrency 16\`, files a second`,
      values: [perSecond(files, wide)],
      bar: { atLeast: 120 },
    });
    if (old === null) missing(`${what} ÷ build ${oldCommit}`, 'git cannot build it here');
    else {
      const earlier = await upload(old, tenth, link.url);
      row({
        what: `${what}, files a second ÷ those of build ${oldCommit}`,
        values: [perSecond(files, ours) / perSecond(tenth, earlier)],
        bar: { atLeast: 20 },
        note: `${perSecond(tenth, earlier).toFixed(1)} a second`,
      });
      const oursMs = furtherCpuMs(files, ours, await upload(now, one, link.url));
      const earlierMs = furtherCpuMs(tenth, earlier, await upload(old, one, link.url));
      row({
        what: `${what}, CPU of each further one ÷ that of build ${oldCommit}`,
        values: [oursMs / earlierMs],
        // 9 ms of the 23 that a file took on the machine that the bars were set on.
        bar: { atMost: 0.39 },
        note: `${oursMs.toFixed(1)} ms against ${earlierMs.toFixed(1)}`,
      });
    }
  } finally {
    await link.stop();
    await vault.stop();
  }
  await measureEmbedded(workspace, row, { files, tenth, old, now, upload });
}

async function measureEmbedded(workspace, row, { files, tenth, old, now, upload }) {
  const vault = await startEmbeddedVault(workspace);
  try {
    const ours = await upload(now, files, vault.url);
    const each = (some, { wallSeconds }) => (wallSeconds * 1000) / some.length;
    const note = `${each(files, ours).toFixed(1)} ms each`;
    if (old === null) {
      row({ what: 'the same into the embedded vault, ms each', values: [each(files, ours)] });
      return;
    }
    const earlier = await upload(old, tenth, vault.url, ['--again']);
    row({
      what: `the same into the embedded vault ÷ build ${oldCommit}, wall`,
      values: [each(files, ours) / each(tenth, earlier)],
      bar: { atMost: 0.35 },
      note: `${note} against ${each(tenth, earlier).toFixed(1)}`,
    });
  } finally {
    await vault.stop();
  }
}
