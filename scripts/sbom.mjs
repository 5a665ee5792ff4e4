/**
 * `npm pack` runs it after the build: writes `dist/sbom.cdx.json`, a CycloneDX bill of materials of what is bundled. It is
 * npm's own, from package-lock.json, without the packages that only build and test.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { bundledPackages } from './third-party-licenses.mjs';

const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');

const words = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const bill = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 }));
const bundled = bundledPackages(read('dist/THIRD-PARTY-LICENSES'));

const { name } = JSON.parse(read('package.json'));
// npm writes the name of the folder.
const application = { ...bill.metadata.component, name };
const components = bill.components
  .filter((component) => bundled.includes(component['bom-ref']))
  // All are development dependencies of the project, and all of them run.
  .map(({ properties, ...component }) => ({ ...component, scope: 'required' }));
const missing = bundled.filter(
  (reference) => !components.some((component) => component['bom-ref'] === reference),
);
if (missing.length > 0) throw new Error(`not in package-lock.json: ${missing.join(', ')}`);

const references = [application['bom-ref'], ...bundled];
const dependencies = bill.dependencies
  .filter(({ ref }) => references.includes(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => bundled.includes(other)) }));

// Without a serial number and the time, which npm makes up at each call: the same source makes the same file.
const { serialNumber, metadata, ...others } = bill;
const { timestamp, ...origin } = metadata;
writeFileSync(
  new URL('dist/sbom.cdx.json', root),
  `${JSON.stringify({ ...others, metadata: { ...origin, component: application }, components, dependencies }, null, 2)}\n`,
);
