/** What a failed system call says of itself. */

/** The errno name (`ENOENT`) of a failed system call, if the error is one. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
