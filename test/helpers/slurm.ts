/**
 * Slurm on this machine: munged, slurmctld and slurmd on loopback, one node of 16 processors whether they are there or
 * not, everything in a folder of its own. Needs root, and Debian's `slurm-wlm` and `munge`.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemons, freePorts } from './daemons.js';
import { until } from './many-machines.js';

export interface SlurmJob {
  /** For example `PENDING`, `COMPLETED`, `FAILED`. */
  state: string;
  /** Why it is pending, for example `DependencyNeverSatisfied`. */
  reason: string;
  exitCode: number;
}

export interface Slurm {
  /** What leads its commands here. */
  env: Record<string, string>;
  /** Of an array: of each task. */
  jobs(id: string): SlurmJob[];
  /** Waits until the job, or each task of the array, has come to an end. */
  ended(id: string): Promise<SlurmJob[]>;
  stop(): Promise<void>;
}

export const slurmPrograms = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol'];
const running = ['PENDING', 'RUNNING', 'COMPLETING', 'CONFIGURING', 'REQUEUED', 'SUSPENDED'];

export async function startSlurm(): Promise<Slurm> {
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-slurm-'));
  // munged wants its socket where everybody can reach it.
  chmodSync(folder, 0o755);
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  const key = join(folder, 'key');
  const socket = join(folder, 'munge.socket');
  writeFileSync(key, randomBytes(128), { mode: 0o600 });
  const config = join(folder, 'slurm.conf');
  const [controllerPort, nodePort] = await freePorts(2);
  writeFileSync(
    config,
    `ClusterName=test
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${socket}
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
KillWait=1
MailProg=/bin/true
# A machine of two processors takes all tasks of an array at a time.
SlurmdParameters=config_overrides
NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=16 RealMemory=8192 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { SLURM_CONF: config };
  const ask = (words: string[]): string => {
    const [name = '', ...rest] = words;
    return spawnSync(name, rest, { env: { PATH: process.env.PATH ?? '', ...env }, encoding: 'utf8' }).stdout;
  };
  const processes = daemons();
  const munge = ['key-file', 'socket', 'pid-file', 'seed-file'].map((name) =>
    name === 'key-file'
      ? `--${name}=${key}`
      : `--${name}=${join(folder, `munge.${name.replace('-file', '')}`)}`,
  );
  // --force: it warns of a folder below /tmp instead of ending.
  processes.start('munged', ['--foreground', '--force', ...munge]);
  processes.start('slurmctld', ['-D', '-f', config]);
  processes.start('slurmd', ['-D', '-f', config]);
  const stop = async (): Promise<void> => {
    ask(['scancel', '--user=root', '--signal=KILL', '--full']);
    ask(['scancel', '--user=root']);
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(() => ask(['sinfo', '--noheader', '--format=%T']).trim() === 'idle');
  } catch (error) {
    await stop();
    throw new Error(`Slurm did not start: ${processes.output()}`, { cause: error });
  }
  const jobs = (id: string): SlurmJob[] =>
    ask(['scontrol', 'show', 'job', '--oneliner', id])
      .split('\n')
      .filter(Boolean)
      .map((line) => ({
        state: /JobState=(\S+)/.exec(line)?.[1] ?? '',
        reason: /Reason=(\S+)/.exec(line)?.[1] ?? '',
        exitCode: Number(/ExitCode=(\d+):/.exec(line)?.[1]),
      }));
  return {
    env,
    jobs,
    ended: async (id) => {
      await until(() => {
        const all = jobs(id);
        const stuck = all.find(({ reason }) => reason === 'DependencyNeverSatisfied');
        if (stuck) throw new Error(`job ${id} waits for ever: ${stuck.reason}`);
        return all.length > 0 && all.every(({ state }) => !running.includes(state));
      });
      return jobs(id);
    },
    stop,
  };
}
