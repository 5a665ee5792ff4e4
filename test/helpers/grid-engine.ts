/**
 * Grid Engine on this machine: qmaster and execd on loopback, one host with 16 slots, everything in a folder of its own.
 * Needs root, and Debian's `gridengine-master`, `gridengine-exec` and `gridengine-client`.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemons, freePorts } from './daemons.js';
import { until } from './many-machines.js';

export interface GridEngine {
  /** What leads its commands here. */
  env: Record<string, string>;
  /** Waits until the queue is empty; fails when a job ends in an error state. */
  idle(): Promise<void>;
  /** The exit codes of the tasks of a job that has ended, in ascending order; of one that is not an array, one code. */
  exitCodes(id: string, tasks: number): Promise<number[]>;
  stop(): Promise<void>;
}

const shared = '/usr/share/gridengine';
const library = '/usr/lib/gridengine';
export const gridEnginePrograms = ['qsub', 'qconf', 'qstat', 'sge_qmaster', 'sge_execd'];

export async function startGridEngine(): Promise<GridEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-grid-engine-'));
  const common = join(folder, 'default/common');
  for (const name of ['default/common', 'spool/db', 'spool/qmaster/job_scripts', 'spool/execd']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const name of ['bin', 'lib', 'util', 'utilbin'])
    symlinkSync(join('/var/lib/gridengine', name), join(folder, name));
  const [masterPort, hostPort] = await freePorts(2);
  const env = {
    SGE_ROOT: folder,
    SGE_CELL: 'default',
    SGE_QMASTER_PORT: `${masterPort}`,
    SGE_EXECD_PORT: `${hostPort}`,
    // Both daemons stay in the foreground.
    SGE_ND: 'true',
  };
  const ask = (...words: string[]): string => {
    const [name = '', ...rest] = words;
    const path = `/usr/sbin:${process.env.PATH}`;
    const { stdout, stderr } = spawnSync(name, rest, { env: { PATH: path, ...env }, encoding: 'utf8' });
    return stdout + stderr;
  };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  /** The text of a configuration with other values. */
  const changed = (text: string, values: Record<string, string>): string =>
    Object.entries(values).reduce(
      (before, [name, value]) => before.replace(new RegExp(`^${name} .*$`, 'm'), `${name} ${value}`),
      text,
    );
  writeFileSync(
    join(common, 'bootstrap'),
    changed(readFileSync(join(shared, 'default-bootstrap'), 'utf8'), {
      admin_user: 'root',
      spooling_params: join(folder, 'spool/db'),
      qmaster_spool_dir: join(folder, 'spool/qmaster'),
    }),
  );
  writeFileSync(join(common, 'act_qmaster'), 'localhost\n');
  writeFileSync(join(common, 'host_aliases'), `localhost ${hostname()}\n`);
  const settings = changed(readFileSync(join(shared, 'default-configuration'), 'utf8'), {
    execd_spool_dir: join(folder, 'spool/execd'),
    // A login shell would set another PATH than that of the test.
    login_shells: 'none',
    reporting_params: 'accounting=true reporting=false flush_time=00:00:00 joblog=false sharelog=00:00:00',
    min_uid: '0',
    min_gid: '0',
  });
  ask(join(library, 'spoolinit'), 'berkeleydb', 'libspoolb', join(folder, 'spool/db'), 'init');
  for (const [kind, from] of [
    ['configuration', file('configuration', settings)],
    ['complexes', join(shared, 'util/resources/centry')],
    ['usersets', join(shared, 'util/resources/usersets')],
    ['managers', 'root'],
  ] as const) {
    ask(join(library, 'spooldefaults'), kind, from);
  }
  const processes = daemons();
  const stop = async (): Promise<void> => {
    ask('qdel', '-f', '-u', 'root');
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    processes.start('sge_qmaster', [], env);
    await until(() => ask('qconf', '-sh').startsWith('localhost'));
    ask('qconf', '-as', 'localhost');
    const nothing = ['load_scaling', 'complex_values', 'user_lists', 'xuser_lists', 'projects', 'xprojects'];
    const host = [
      'hostname localhost',
      ...[...nothing, 'usage_scaling', 'report_variables'].map((name) => `${name} NONE`),
    ];
    ask('qconf', '-Ae', file('host', `${host.join('\n')}\n`));
    const queue = {
      qname: 'all.q',
      hostlist: 'localhost',
      slots: '16',
      load_thresholds: 'NONE',
      pe_list: 'NONE',
    };
    ask('qconf', '-Aq', file('queue', changed(ask('qconf', '-sq'), queue)));
    const soon = { schedule_interval: '0:0:1', flush_submit_sec: '1', flush_finish_sec: '1' };
    ask('qconf', '-Msconf', file('scheduler', changed(ask('qconf', '-ssconf'), soon)));
    processes.start('sge_execd', [], env);
    await until(() => /^all\.q@\S+ +\S+ +\S+ +[\d.]+ +\S+ *$/m.test(ask('qstat', '-f')));
  } catch (error) {
    const said = ask('qstat', '-f', '-explain', 'aE');
    await stop();
    throw new Error(`Grid Engine did not start: ${processes.output()}${said}`, { cause: error });
  }
  return {
    env,
    idle: () =>
      until(() => {
        const jobs = ask('qstat').trim();
        if (/ Eqw /.test(jobs)) throw new Error(`a job cannot run: ${jobs}`);
        return jobs === '';
      }),
    exitCodes: async (id, tasks) => {
      const path = join(common, 'accounting');
      const codes = (): number[] => {
        const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
        // accounting(5): field 6 is the job, field 13 its exit status.
        const jobs = lines.map((line) => line.split(':')).filter((fields) => fields[5] === id);
        return jobs.map((fields) => Number(fields[12])).sort();
      };
      await until(() => codes().length >= tasks);
      return codes();
    },
    stop,
  };
}
