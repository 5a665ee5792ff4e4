/** Patterns of `--exclude`, as in .gitignore: `*.tmp`, `cache/`, `/build`, `logs/*.gz`, `**` for any folders. */

export interface Glob {
  /** @param path below the folder that was named, without a slash in front */
  matches(path: string, isFolder: boolean): boolean;
}

const parts: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};

/** A pattern without a slash is compared with the last part of a path, one with a slash with all of it. */
export function globOf(pattern: string): Glob {
  const isForFolders = pattern.endsWith('/');
  const trimmed = pattern.replace(/\/$/, '');
  const isWhole = trimmed.includes('/');
  const source = trimmed
    .replace(/^\//, '')
    .replace(/\*\*\/|\*\*|\*|\?|\[!?[^\]/]+\]|[^*?[]+|\[/g, (piece) => {
      if (parts[piece] !== undefined) return parts[piece];
      if (piece.length > 1 && piece.startsWith('['))
        return piece.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
      return piece.replace(/[\\^$.|+(){}[\]]/g, '\\$&');
    });
  const expression = new RegExp(`^${source}$`, 's');
  return {
    matches: (path, isFolder) =>
      (isFolder || !isForFolders) && expression.test(isWhole ? path : path.slice(path.lastIndexOf('/') + 1)),
  };
}
