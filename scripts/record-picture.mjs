/**
 * Makes docs/picture/interrupted-upload.svg from a real run in a real terminal: an upload into the embedded vault that
 * is interrupted by Ctrl-C, looked at, and carried on. Needs tmux. `npm run picture`.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const columns = 96;
const rows = 30;
const secondsPerFrame = 3;

const bin = fileURLToPath(new URL('../bin/glacier-up.js', import.meta.url));
const picture = fileURLToPath(new URL('../docs/picture/interrupted-upload.svg', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'glacier-up-picture-'));
const socket = `picture-${process.pid}`;
const tmux = (...words) =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...words], { encoding: 'utf8' });

const frames = [];
try {
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/glacier-up'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'photos.tar'), randomBytes(160 * 1024 ** 2));
  await record();
  writeFileSync(picture, svg(frames));
} finally {
  tmux('kill-server');
  rmSync(folder, { recursive: true, force: true });
}

async function record() {
  const env = [
    'TERM=screen',
    `HOME=${folder}`,
    'HISTFILE=/dev/null',
    `PATH=${join(folder, 'bin')}:/usr/bin:/bin`,
    'PS1=$ ',
  ];
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux(
    'new-session',
    '-d',
    '-c',
    folder,
    ...size,
    'env',
    '-i',
    ...env,
    'bash',
    '--norc',
    '--noprofile',
    '-i',
  );
  await shows(/^\$/m);
  const upload = 'glacier-up upload photos.tar --vault demo --local ./vault --part-size 8M --limit-rate 20M';
  type(upload);
  await shows(/4\d%/);
  frame();
  tmux('send-keys', 'C-c');
  await shows(/end\s+at\s+once\)\n+\$$/);
  frame();
  type('glacier-up list-parts photos.tar');
  await shows(/next: .*\n\$$/);
  frame();
  type(upload);
  await shows(/resumed[\s\S]*[78]\d%/);
  frame();
  await shows(/archived, [\s\S]*\n\$$/);
  frame();
}

function type(line) {
  tmux('send-keys', '-l', line);
  tmux('send-keys', 'Enter');
}

function screen() {
  return tmux('capture-pane', '-p').trimEnd();
}

function frame() {
  frames.push(screen().split('\n'));
}

async function shows(pattern) {
  for (let looks = 0; !pattern.test(screen()); looks += 1) {
    if (looks > 1200) throw new Error(`the screen never showed ${pattern}:\n${screen()}`);
    await pause(50);
  }
}

/** The frames one after the other, for ever; who shows no animation shows the last one. */
function svg(screens) {
  const [cellWidth, lineHeight, margin] = [8.4, 18, 16];
  const width = Math.ceil(columns * cellWidth + 2 * margin);
  const height = Math.max(...screens.map((lines) => lines.length)) * lineHeight + 2 * margin;
  const share = 100 / screens.length;
  const styles = screens.map((_, index) => {
    const [from, to] = [index * share, (index + 1) * share];
    const hidden = (percent) => `${percent.toFixed(2)}% { opacity: 0 }`;
    const shown = (percent) => `${percent.toFixed(2)}% { opacity: 1 }`;
    const steps = [hidden(0), shown(from), hidden(to), hidden(100)].slice(
      index === 0 ? 1 : 0,
      index === screens.length - 1 ? 2 : 4,
    );
    return `@keyframes f${index} { ${steps.join(' ')} ${index === screens.length - 1 ? shown(100) : ''} }`;
  });
  const animations = screens.map(
    (_, index) =>
      `.f${index} { animation: f${index} ${screens.length * secondsPerFrame}s step-end infinite }`,
  );
  const texts = screens.map((lines, index) => {
    const spans = lines.map((line, row) => {
      const y = margin + (row + 0.75) * lineHeight;
      return `<text x="${margin}" y="${y}">${escaped(line)}</text>`;
    });
    const isLast = index === screens.length - 1;
    return `<g opacity="${isLast ? 1 : 0}" class="f${index}">\n${spans.join('\n')}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="An upload is interrupted, looked at with list-parts, and carried on by the same command">
<style>
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d7dae0; white-space: pre }
${styles.join('\n')}
@media (prefers-reduced-motion: no-preference) { ${animations.join(' ')} }
</style>
<rect width="100%" height="100%" rx="8" fill="#1d2127"/>
${texts.join('\n')}
</svg>
`;
}

function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(' ', '\u00a0');
}
