/** A value that an option does not take. The message says what to write instead. */
export class InvalidValue extends Error {}
