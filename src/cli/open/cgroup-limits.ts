/** What control groups (cgroups(7), versions 1 and 2) allow this process. Node 20 does not ask, Node 22 only in part. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface CgroupLimits {
  /** 0.5 for half of one processor's time; Infinity without a limit. */
  processors: number;
  /** Infinity without a limit. */
  memoryBytes: number;
}

type Read = (path: string) => string;

/** @param root where `/proc` and `/sys` stand; elsewhere than `/` only in tests */
export function cgroupLimits(root = '/'): CgroupLimits {
  const read: Read = (path) => {
    try {
      return readFileSync(join(root, path), 'latin1');
    } catch {
      return '';
    }
  };
  const folders = ownFolders(read);
  return {
    processors: Math.min(...folders.map((folder) => processorsIn(folder, read))),
    memoryBytes: Math.min(...folders.map((folder) => memoryIn(folder, read))),
  };
}

/** The folders of the groups that this process is in, those above them included: a limit of any of them counts. */
function ownFolders(read: Read): string[] {
  const mounts = lines(read('/proc/self/mountinfo')).flatMap(mountOf);
  return lines(read('/proc/self/cgroup')).flatMap((line) => {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const mount = mounts.find((candidate) => candidate.controllers === controllers);
    return mount && group !== undefined ? foldersUpTo(mount.folder, folderOf(mount, group)) : [];
  });
}

interface Mount {
  /** As `/proc/self/cgroup` names them; empty for version 2, which has all of them. */
  controllers: string;
  /** The group that the folder shows: in a container often not the topmost one. */
  group: string;
  folder: string;
}

/** proc(5): `36 35 98:0 GROUP FOLDER OPTIONS … - TYPE SOURCE CONTROLLERS`. */
function mountOf(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , group = '', folder = ''] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (type === 'cgroup2') return [{ controllers: '', group, folder }];
  if (type !== 'cgroup') return [];
  const controllers = options.split(',').filter((option) => option !== 'rw' && option !== 'ro');
  return [{ controllers: controllers.join(','), group, folder }];
}

function folderOf(mount: Mount, group: string): string {
  if (mount.group === '/') return join(mount.folder, group);
  if (`${group}/`.startsWith(`${mount.group}/`)) return join(mount.folder, group.slice(mount.group.length));
  // The group is named as the host sees it, and the folder shows it to this container.
  return mount.folder;
}

/** Only the topmost one for a folder that is not below it, as a group outside of this container is. */
function foldersUpTo(top: string, folder: string): string[] {
  const below: string[] = [];
  for (let at = folder; at.startsWith(`${top}/`) && at !== `${top}/`; at = dirname(at)) below.push(at);
  return [...below, top];
}

function processorsIn(folder: string, read: Read): number {
  const [quota, period] = read(join(folder, 'cpu.max')).split(' ').map(Number);
  if (quota && period) return quota / period;
  const quotaV1 = Number(read(join(folder, 'cpu.cfs_quota_us')));
  const periodV1 = Number(read(join(folder, 'cpu.cfs_period_us')));
  return quotaV1 > 0 && periodV1 > 0 ? quotaV1 / periodV1 : Infinity;
}

function memoryIn(folder: string, read: Read): number {
  const bytes = Number(read(join(folder, 'memory.max')) || read(join(folder, 'memory.limit_in_bytes')));
  return bytes > 0 ? bytes : Infinity;
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
