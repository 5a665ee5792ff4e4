/** What the parser makes of the options. Those that were not given are not there. */
import type { OnChange } from '../../transfer/on-change.js';
import type { ShardOption } from '../commands/upload/shard-option.js';

export interface OptionValues {
  vault?: string;
  local?: string;
  region?: string;
  profile?: string;
  accountId?: string;
  endpointUrl?: string;
  uploadId?: string;
  retryFor?: number;
  connectTimeout?: number;
  readTimeout?: number;
  waitLock?: number;
  concurrency?: number;
  threads?: number;
  limitRate?: number;
  verify?: boolean;
  replaceParts?: boolean;
  partSize?: number;
  description?: string;
  recursive?: boolean;
  filesFrom?: string;
  null?: boolean;
  exclude?: string | string[];
  oneFileSystem?: boolean;
  again?: boolean;
  startOver?: boolean;
  onChange?: OnChange;
  dryRun?: boolean;
  begin?: boolean;
  shard?: ShardOption;
  name?: string;
  exec?: string;
  eofCompletes?: boolean;
  expectedSize?: number;
  spoolDir?: string;
  force?: boolean;
  yes?: boolean;
  confirm?: string;
  all?: boolean;
  stateDir?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  debug?: boolean;
  progress?: boolean;
  color?: boolean;
  input?: boolean;
  /** Options of one command alone are read by it. */
  [name: string]: unknown;
}
