/**
 * The steps of a Containerfile without an engine: in a chroot over this machine's own files, of which nothing is changed.
 * The machine has to be like the base image: Debian with Node and npm. Needs root and overlay file systems.
 */
import { dirname, join } from 'node:path';
import { execa } from 'execa';

interface Instruction {
  name: string;
  words: string;
}

/** Each instruction in order; lines that go on, comments and the base image are what an engine would make of them. */
function instructionsOf(text: string): Instruction[] {
  const lines = text.replaceAll(/\\\n/g, '').split('\n');
  return lines
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => ({ name: line.split(' ')[0] ?? '', words: line.slice(line.indexOf(' ') + 1) }));
}

/**
 * Carries out the instructions, then runs commands in the image as its user, each with the image's entry point before it.
 * @param context the folder that COPY copies from
 * @param folder an empty folder to work in
 */
export async function runContainerfile(
  text: string,
  { context, folder, commands }: { context: string; folder: string; commands: readonly string[] },
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const image = join(folder, 'image');
  const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const within = (words: string, more = ''): string =>
    `env -i PATH=${path} HOME=/root chroot ${more} '${image}' /bin/sh -euc '${words.replaceAll("'", `'\\''`)}'`;
  let user = '0:0';
  let entryPoint = '';
  const steps = instructionsOf(text).map(({ name, words }) => {
    if (name === 'COPY') {
      const [from = '', to = ''] = words.split(' ');
      return `cp ${context}/${from} '${image}${to}'`;
    }
    if (name === 'RUN') return within(words);
    if (name === 'USER') user = words;
    else if (name === 'ENTRYPOINT') entryPoint = JSON.parse(words).join(' ');
    else if (name !== 'FROM') throw new Error(`${name} is not known here`);
    return ':';
  });
  const script = [
    `mount -t tmpfs none '${folder}'`,
    `mkdir '${folder}/upper' '${folder}/work' '${image}'`,
    `mount -t overlay -o 'lowerdir=/,upperdir=${folder}/upper,workdir=${folder}/work' overlay '${image}'`,
    `mount --rbind /dev '${image}/dev'`,
    `mount -t tmpfs none '${image}/tmp'`,
    ...steps,
    `ls -A '${image}/tmp' >&2`,
    `chmod 1777 '${image}/tmp'`,
    ...commands.map((words) => within(`${entryPoint} ${words}`, `--userspec=${user}`)),
  ];
  const { exitCode, stdout, stderr } = await execa(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-euc', script.join('\n')],
    { reject: false, stdin: 'ignore' },
  );
  return { exitCode, stdout, stderr };
}
