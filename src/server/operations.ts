/** Method and path of each operation, and the name that fault rules know it by. */
const routes = [
  ['list-vaults', 'GET', []],
  ['create-vault', 'PUT', ['vault']],
  ['describe-vault', 'GET', ['vault']],
  ['delete-vault', 'DELETE', ['vault']],
  ['initiate', 'POST', ['vault', '=multipart-uploads']],
  ['list-uploads', 'GET', ['vault', '=multipart-uploads']],
  ['upload-part', 'PUT', ['vault', '=multipart-uploads', 'uploadId']],
  ['list-parts', 'GET', ['vault', '=multipart-uploads', 'uploadId']],
  ['complete', 'POST', ['vault', '=multipart-uploads', 'uploadId']],
  ['abort', 'DELETE', ['vault', '=multipart-uploads', 'uploadId']],
  ['upload-archive', 'POST', ['vault', '=archives']],
  ['delete-archive', 'DELETE', ['vault', '=archives', 'archiveId']],
  ['initiate-job', 'POST', ['vault', '=jobs']],
  ['list-jobs', 'GET', ['vault', '=jobs']],
  ['describe-job', 'GET', ['vault', '=jobs', 'jobId']],
  ['job-output', 'GET', ['vault', '=jobs', 'jobId', '=output']],
] as const;

export type Operation = (typeof routes)[number][0];

export const operations: readonly Operation[] = routes.map(([operation]) => operation);

/** Operations whose body is an archive or a part, and is streamed to the disk. */
export const takesArchive = (operation: Operation): boolean =>
  operation === 'upload-part' || operation === 'upload-archive';

export interface Route {
  readonly operation: Operation;
  readonly account: string;
  readonly vault: string;
  readonly uploadId: string;
  readonly archiveId: string;
  readonly jobId: string;
}

/** Finds the operation for `/{account}/vaults/…`; undefined if there is none. Each segment is decoded once. */
export function findRoute(method: string, path: string): Route | undefined {
  const segments = path.split('/').slice(1).map(decode);
  if (segments.at(-1) === '') segments.pop();
  const [account, fixed, ...rest] = segments;
  if (!account || fixed !== 'vaults' || segments.includes(undefined)) return undefined;
  for (const [operation, wantedMethod, pattern] of routes) {
    if (method !== wantedMethod || rest.length !== pattern.length) continue;
    const found = { operation, account, vault: '', uploadId: '', archiveId: '', jobId: '' };
    const fits = pattern.every((name, i) => {
      const value = rest[i] ?? '';
      if (isFixed(name)) return value === name.slice(1);
      found[name] = value;
      return value !== '';
    });
    if (fits) return found;
  }
  return undefined;
}

/** A segment that is given, and not a name or an ID. */
const isFixed = (name: string): name is `=${string}` => name.startsWith('=');

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
