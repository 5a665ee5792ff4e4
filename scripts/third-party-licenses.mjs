/** The licences of what is bundled, in a file beside it: each of them asks to stay with every copy. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Rolldown plugin. */
export function thirdPartyLicenses(fileName) {
  return {
    name: 'third-party-licenses',
    generateBundle() {
      const folders = new Set([...this.getModuleIds()].filter(isForeign).map(packageFolder));
      this.emitFile({ type: 'asset', fileName, source: licensesText([...folders].map(packageIn)) });
    },
  };
}

/** What `dist` has bundled, as the titles in its file of licences say: `name@version`, each once. */
export function bundledPackages(licenses) {
  const titles = [...licenses.matchAll(/^(\S+) (\d+\.\d+\.\d+\S*) \(.+\)$/gm)];
  return [...new Set(titles.map(([, name, version]) => `${name}@${version}`))].sort();
}

const isForeign = (moduleId) => moduleId.includes('/node_modules/');

/** Virtual modules begin with NUL; some package.json only tell the kind of the modules below them. */
function packageFolder(moduleId) {
  let folder = dirname(moduleId.replace(/^\0/, ''));
  while (!(existsSync(join(folder, 'package.json')) && manifestIn(folder).version)) folder = dirname(folder);
  return folder;
}

const manifestIn = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

function packageIn(folder) {
  const { name, version, license } = manifestIn(folder);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return { title: `${name} ${version} (${license})`, license, text: file && readText(join(folder, file)) };
}

const readText = (path) => readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trim();

/** Each text once, below the packages that it is of. */
function licensesText(packages) {
  const titlesBy = new Map();
  for (const { title, license, text } of packages) {
    // Some packages name their licence without its text, which another of the same authors brings.
    const full = text ?? packages.find((other) => other.license === license && other.text)?.text;
    if (!full) throw new Error(`${title} comes without the text of its licence`);
    titlesBy.set(full, [...(titlesBy.get(full) ?? []), title].sort());
  }
  return [...titlesBy]
    .map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`);
}
