/** `JSON.parse` of an inventory in pieces of so many bytes, cut between two archives: FILE PIECE_BYTES. */
import { openSync, readSync } from 'node:fs';

const [file, sizeText] = process.argv.slice(2);
const fd = openSync(file, 'r');
const buffer = Buffer.alloc(Number(sizeText) + 4096);
const begin = '"ArchiveList":[';
let [kept, archives, isBegun] = [0, 0, false];
for (;;) {
  const count = readSync(fd, buffer, kept, Number(sizeText), null);
  const filled = kept + count;
  const start = isBegun ? 0 : buffer.indexOf(begin) + begin.length;
  isBegun = true;
  const end = count === 0 ? buffer.lastIndexOf(']', filled) : buffer.lastIndexOf('},{', filled) + 1;
  const text = buffer.toString('utf8', start, end).replace(/^,/, '');
  archives += text === '' ? 0 : JSON.parse(`[${text}]`).length;
  if (count === 0) break;
  buffer.copyWithin(0, end, filled);
  kept = filled - end;
}
process.stdout.write(`${archives}\n`);
