/** A number with its noun. */

/** `counted(1, 'part')` → `1 part`; `counted(2, 'entry', 'entries')` → `2 entries`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
