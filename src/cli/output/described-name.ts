/** What a description says, where it is in the form that is used for names with other than printable ASCII. */

/** `{"Path":"d\u00eda.tar"}` → `día.tar`; any other description as it is. Not yet safe for a terminal. */
export function describedName(description: string): string {
  if (!description.startsWith('{"Path":"')) return description;
  try {
    const fields = JSON.parse(description) as Record<string, unknown>;
    const { Path: path } = fields;
    return typeof path === 'string' && Object.keys(fields).length === 1 ? path : description;
  } catch {
    return description;
  }
}
