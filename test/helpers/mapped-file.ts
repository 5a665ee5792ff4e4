import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A process of its own that has a file mapped into memory, as databases and virtual machines do. */
export interface MappedFile {
  /** Stores one byte at each offset through the map; on return it is stored. */
  store(offsets: readonly number[], byte: string): Promise<void>;
}

const mapper = `
import mmap, sys
with open(sys.argv[1], 'r+b') as file:
    pages = mmap.mmap(file.fileno(), 0)
    print('mapped', flush=True)
    for line in sys.stdin:
        byte, *offsets = line.split()
        for offset in offsets:
            pages[int(offset)] = ord(byte)
        print('stored', flush=True)
`;

export async function mapFile(path: string): Promise<MappedFile> {
  const process = spawn('python3', ['-c', mapper, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void process.kill());
  const lines = createInterface({ input: process.stdout });
  await once(lines, 'line');
  return {
    store: async (offsets, byte) => {
      const stored = once(lines, 'line');
      process.stdin.write(`${byte} ${offsets.join(' ')}\n`);
      await stored;
    },
  };
}
