/** Method and path of each operation, and the name that fault rules know it by. */
const routes = [
  ['list-vaults', 'GET', ['=vaults']],
  ['create-vault', 'PUT', ['=vaults', 'vault']],
  ['describe-vault', 'GET', ['=vaults', 'vault']],
  ['delete-vault', 'DELETE', ['=vaults', 'vault']],
  ['initiate', 'POST', ['=vaults', 'vault', '=multipart-uploads']],
  ['list-uploads', 'GET', ['=vaults', 'vault', '=multipart-uploads']],
  ['upload-part', 'PUT', ['=vaults', 'vault', '=multipart-uploads', 'uploadId']],
  ['list-parts', 'GET', ['=vaults', 'vault', '=multipart-uploads', 'uploadId']],
  ['complete', 'POST', ['=vaults', 'vault', '=multipart-uploads', 'uploadId']],
  ['abort', 'DELETE', ['=vaults', 'vault', '=multipart-uploads', 'uploadId']],
  ['upload-archive', 'POST', ['=vaults', 'vault', '=archives']],
  ['delete-archive', 'DELETE', ['=vaults', 'vault', '=archives', 'archiveId']],
  ['initiate-job', 'POST', ['=vaults', 'vault', '=jobs']],
  ['list-jobs', 'GET', ['=vaults', 'vault', '=jobs']],
  ['describe-job', 'GET', ['=vaults', 'vault', '=jobs', 'jobId']],
  ['job-output', 'GET', ['=vaults', 'vault', '=jobs', 'jobId', '=output']],
  ['initiate-vault-lock', 'POST', ['=vaults', 'vault', '=lock-policy']],
  ['complete-vault-lock', 'POST', ['=vaults', 'vault', '=lock-policy', 'lockId']],
  ['abort-vault-lock', 'DELETE', ['=vaults', 'vault', '=lock-policy']],
  ['get-vault-lock', 'GET', ['=vaults', 'vault', '=lock-policy']],
  ['set-access-policy', 'PUT', ['=vaults', 'vault', '=access-policy']],
  ['get-access-policy', 'GET', ['=vaults', 'vault', '=access-policy']],
  ['delete-access-policy', 'DELETE', ['=vaults', 'vault', '=access-policy']],
  ['set-retrieval-policy', 'PUT', ['=policies', '=data-retrieval']],
  ['get-retrieval-policy', 'GET', ['=policies', '=data-retrieval']],
] as const;

export type Operation = (typeof routes)[number][0];

/** The names of all operations. */
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
  readonly lockId: string;
}

/** Finds the operation for `/{account}/vaults/…` or `/{account}/policies/…`; undefined if no operation matches. Each segment is decoded once. */
export function findRoute(method: string, path: string): Route | undefined {
  const segments = path.split('/').slice(1).map(decode);
  if (segments.at(-1) === '') segments.pop();
  const [account, ...rest] = segments;
  if (!account || segments.includes(undefined)) return undefined;
  for (const [operation, wantedMethod, pattern] of routes) {
    if (method !== wantedMethod || rest.length !== pattern.length) continue;
    const found = { operation, account, vault: '', uploadId: '', archiveId: '', jobId: '', lockId: '' };
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
