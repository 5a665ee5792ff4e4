/**
 * `npm run audit:bundled`: holds what is bundled against the advisories that `npm audit` knows. Users cannot: to npm the
 * package has no dependencies. Exit 0: none; 1: some, which a release has to mend; 3: the registry does not answer.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { bundledPackages } from './third-party-licenses.mjs';

const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

const bundled = bundledPackages(read('dist/THIRD-PARTY-LICENSES'));
const { packages } = JSON.parse(read('package-lock.json'));

const { stdout } = spawnSync('npm', ['audit', '--package-lock-only', '--json'], {
  cwd: root,
  encoding: 'utf8',
});
const report = JSON.parse(stdout || '{}');
if (!report.vulnerabilities) {
  process.stderr.write(
    `not checked: the registry does not answer "npm audit" (${report.message ?? 'no output'})\n`,
  );
  process.exit(3);
}

/** Advisories of the package itself, not those of what it depends on, for the versions that are bundled. */
const found = Object.values(report.vulnerabilities).flatMap(({ name, nodes, via }) => {
  const references = nodes.map((path) => `${name}@${packages[path]?.version}`);
  const affected = bundled.filter((reference) => references.includes(reference));
  const advisories = via.filter((cause) => typeof cause === 'object');
  return affected.flatMap((reference) =>
    advisories.map(({ severity, title, url }) => `${reference}: ${title} (${severity}, ${url})`),
  );
});
for (const line of found) process.stdout.write(`${line}\n`);
const count = `${found.length} ${found.length === 1 ? 'advisory' : 'advisories'}`;
process.stdout.write(`${bundled.length} bundled packages, ${count}\n`);
process.exitCode = found.length > 0 ? 1 : 0;
