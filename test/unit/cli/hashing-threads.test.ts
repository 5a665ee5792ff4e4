import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cgroupLimits } from '../../../src/cli/open/cgroup-limits.js';
import { threadsFor } from '../../../src/cli/open/hashing-threads.js';
import { openHashPool } from '../../../src/cli/open/open-hash-pool.js';
import { makeContext, runCli } from '../../helpers/cli.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const MiB = 1024 ** 2;
const v2Mount = (group = '/') => `30 22 0:27 ${group} /sys/fs/cgroup rw - cgroup2 cgroup2 rw`;
const v1Mounts = (group = '/') =>
  [
    `31 30 0:28 ${group} /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct`,
    `34 30 0:31 ${group} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory`,
  ].join('\n');

/** A machine's `/proc` and `/sys`. */
function limitsOf(mountinfo: string, cgroup: string, files: Record<string, string>) {
  const root = tempFolder();
  const all = { '/proc/self/mountinfo': mountinfo, '/proc/self/cgroup': cgroup, ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return cgroupLimits(root);
}

const none = { processors: Infinity, memoryBytes: Infinity };

describe('the limits of control groups', () => {
  test('of version 2 are those of the own group', () => {
    const folder = '/sys/fs/cgroup/system.slice/backup.service';
    const files = { [`${folder}/cpu.max`]: '150000 100000', [`${folder}/memory.max`]: String(512 * MiB) };
    const limits = limitsOf(v2Mount(), '0::/system.slice/backup.service', files);
    expect(limits).toEqual({ processors: 1.5, memoryBytes: 512 * MiB });
  });

  test('of version 2 are also those of the groups above, the lowest one', () => {
    const limits = limitsOf(v2Mount(), '0::/pod/container', {
      '/sys/fs/cgroup/pod/cpu.max': '50000 100000',
      '/sys/fs/cgroup/pod/memory.max': 'max',
      '/sys/fs/cgroup/pod/container/cpu.max': '200000 100000',
      '/sys/fs/cgroup/pod/container/memory.max': '1073741824',
    });
    expect(limits).toEqual({ processors: 0.5, memoryBytes: 1024 * MiB });
  });

  test('of version 1 come from the hierarchy of each controller', () => {
    const limits = limitsOf(v1Mounts(), '5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/', {
      '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '300000',
      '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes': String(256 * MiB),
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    });
    expect(limits).toEqual({ processors: 3, memoryBytes: 256 * MiB });
  });

  test('of version 1 with a quota of nothing are none: no program could run there', () => {
    const limits = limitsOf(v1Mounts(), '5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/', {
      '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us': '0',
      '/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us': '100000',
    });
    expect(limits).toEqual(none);
  });

  test.each([
    ['that shows its own group alone, by its name on the host', v1Mounts('/docker/x'), '4:memory:/docker/x'],
    ['that shows its own group alone, by another name', v1Mounts('/docker/x'), '4:memory:/other'],
    ['that hides where its group stands', v1Mounts(), '4:memory:/../x'],
    ['that has a namespace of its own', v1Mounts(), '4:memory:/'],
  ])('are found in a container %s', (_, mounts, cgroup) => {
    const files = { '/sys/fs/cgroup/memory/memory.limit_in_bytes': String(256 * MiB) };
    expect(limitsOf(mounts, cgroup, files)).toEqual({ ...none, memoryBytes: 256 * MiB });
  });

  test.each([
    ['where nothing is limited', v2Mount(), '0::/x', { '/sys/fs/cgroup/x/cpu.max': 'max 100000' }],
    ['where no group is mounted', '', '0::/x', {}],
    ['on a system that has none', '', '', {}],
  ])('are none %s', (_, mounts, cgroup, files) => {
    expect(limitsOf(mounts, cgroup, files)).toEqual(none);
  });
});

describe('the number of hashing threads', () => {
  test.each([
    ['each processor', 128, none, 128],
    ['half a processor', 128, { ...none, processors: 0.5 }, 1],
    ['one processor and a half', 128, { ...none, processors: 1.5 }, 2],
    ['more processors than there are', 2, { ...none, processors: 8 }, 2],
    ['512 MiB of memory', 128, { ...none, memoryBytes: 512 * MiB }, 16],
    ['64 MiB of memory', 128, { ...none, memoryBytes: 64 * MiB }, 1],
  ])('is right for %s', (_, processors, limits, threads) => {
    expect(threadsFor(processors, limits)).toBe(threads);
  });

  test('is what --threads says', () => {
    const { context } = makeContext({ folder: tempFolder() });
    expect(openHashPool({ context, options: { threads: 3 } }).size).toBe(3);
    expect(openHashPool({ context, options: {} }).size).toBe(context.hashingThreads);
  });

  test.each(['0', '257', '2.5', 'all'])('cannot be %s', async (text) => {
    const { code, stderr } = await runCli(['treehash', '--threads', text], { folder: tempFolder() });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('from 1 to 256') });
  });
});
