/** The Jobs for Kubernetes as their pods run: process 1, read-only root, a user without rights, a volume with `fsGroup`. */
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { type Contained, containerPrograms, memoryCgroup, runInContainer } from '../helpers/container.js';
import { type Cluster, cluster, expectOneArchive, jobFile, until } from '../helpers/many-machines.js';
import { canRun } from '../helpers/needs.js';

vi.setConfig({ testTimeout: 300_000 });

const podSpec = (step: string) =>
  parseYaml(readFileSync(jobFile(`kubernetes-${step}.yaml`), 'utf8')).spec.template.spec;

/** A pod of one of the Jobs, with the volumes and users that it names. */
function pod(at: Cluster, step: string, env: Record<string, string>, cgroup?: string): Contained {
  const { securityContext, containers } = podSpec(step);
  const { HOME, PATH, ...settings } = at.env;
  return runInContainer(containers[0].args, {
    volumes: {
      '/archives': { path: join(at.folder, 'archives'), readOnly: true },
      ...(step === 'complete' ? { '/state': { path: join(at.folder, 'volume') } } : {}),
    },
    user: securityContext.runAsUser,
    groups: securityContext.fsGroup === undefined ? [] : [securityContext.fsGroup],
    umask: '002',
    env: { ...settings, ...env },
    cgroup,
  });
}

/** A cluster with a volume that belongs to root and to the group of the pods, as `fsGroup` leaves it. */
async function clusterWithVolume(...faults: string[]) {
  const at = await cluster({ faults });
  const volume = join(at.folder, 'volume');
  mkdirSync(volume);
  chownSync(volume, 0, podSpec('complete').securityContext.fsGroup);
  chmodSync(volume, 0o2775);
  // The folder of a test is its user's alone.
  chmodSync(at.folder, 0o755);
  return { at, volume };
}

async function begun(at: Cluster): Promise<{ GLACIER_UP_UPLOAD_ID: string }> {
  const { status, stdout, stderr } = await pod(at, 'begin', {}).ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return { GLACIER_UP_UPLOAD_ID: stdout.trim() };
}

describe.skipIf(!canRun('containers', { programs: containerPrograms, root: true }))(
  'the pods of the Jobs',
  () => {
    test('begin, send and complete an archive, and keep the receipt on the volume', async () => {
      const { at, volume } = await clusterWithVolume();
      const env = await begun(at);
      for (let index = 0; index < 8; index += 1) {
        const ended = await pod(at, 'shards', { ...env, JOB_COMPLETION_INDEX: `${index}` }).ended;
        expect(ended).toMatchObject({ status: 0, stdout: '' });
      }
      const { status, stdout, stderr } = await pod(at, 'complete', env).ended;
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expectOneArchive(at, stdout.trim());
      const state = join(volume, 'glacier-up');
      expect(readFileSync(join(state, 'receipts.jsonl'), 'utf8')).toContain(stdout.trim());
      expect(statSync(state).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(state, { recursive: true, encoding: 'utf8' }))
        expect(statSync(join(state, name)).mode & 0o077).toBe(0);
      // The next start finds what fsGroup makes of it at each mount: everything writable by the group.
      for (const name of ['', ...readdirSync(state, { recursive: true, encoding: 'utf8' })]) {
        const path = join(state, name);
        chmodSync(path, statSync(path).isDirectory() ? 0o2770 : 0o660);
      }
      const again = await pod(at, 'complete', env).ended;
      expect(again).toMatchObject({ status: 0, stdout });
    });

    test('end on SIGTERM with 143, and send the rest when they are started again', async () => {
      const { at } = await clusterWithVolume('upload-part#2:black-hole');
      const env = { ...(await begun(at)), JOB_COMPLETION_INDEX: '3' };
      const first = pod(at, 'shards', { ...env, GLACIER_UP_READ_TIMEOUT: '1h' });
      await until(() => (at.contents().openUploads[0]?.partLines ?? 0) === 2);
      first.signal('SIGTERM');
      expect(await first.ended).toMatchObject({ status: 143, stdout: '' });
      expect(await pod(at, 'shards', env).ended).toMatchObject({ status: 0 });
      expect(at.contents().openUploads).toMatchObject([{ partLines: 3 }]);
    });

    test('stay within the memory limit of their Job', async (context) => {
      const { limits } = podSpec('complete').containers[0].resources;
      expect(limits.memory).toBe('512Mi');
      const cgroup = memoryCgroup(512 * 1024 * 1024);
      if (cgroup === null) return context.skip('no cgroup with a memory limit can be made on this machine');
      onTestFinished(() => cgroup.remove());
      const { at } = await clusterWithVolume();
      const env = await begun(at);
      const all = { ...env, JOB_COMPLETION_INDEX: '0', GLACIER_UP_SHARD: 'auto/1' };
      const { HOME, PATH, ...settings } = at.env;
      const send = runInContainer(['upload', '/archives/big.tar'], {
        volumes: { '/archives': { path: join(at.folder, 'archives'), readOnly: true } },
        env: { ...settings, ...all },
        cgroup: cgroup.procs,
      });
      expect(await send.ended).toMatchObject({ status: 0 });
      expect(await pod(at, 'complete', env, cgroup.procs).ended).toMatchObject({ status: 0 });
      expect(cgroup.peakBytes()).toBeGreaterThan(1024 * 1024);
    });
  },
);
