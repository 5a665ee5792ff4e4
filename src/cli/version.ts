/** The version, as package.json has it. */
import { readFileSync } from 'node:fs';

/** Such as `1.2.3`. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
