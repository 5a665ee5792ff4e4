/** `npm run man`: writes man/, removes pages of commands that are no more, and lists the pages in package.json. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { manPages } from './man/pages.js';

const root = new URL('../../', import.meta.url);
const folder = new URL('man/', root);
const packageFile = new URL('package.json', root);

const manifest: { version: string; man: string[] } = JSON.parse(readFileSync(packageFile, 'utf8'));
const pages = await manPages(manifest.version);
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(new URL(name, folder));
for (const [name, text] of pages) writeFileSync(new URL(name, folder), text);
manifest.man = [...pages.keys()].sort().map((name) => `man/${name}`);
writeFileSync(packageFile, `${JSON.stringify(manifest, null, 2)}\n`);
