/**
 * A time as `utimes` of Node takes it without a loss. Node hands on a number of seconds, of which the system keeps whole
 * microseconds: without the half of one that is added here, every second millisecond would end a microsecond early, in
 * the millisecond before. As text, since Node takes a number below 0 for now.
 * @param ms since 1970, a whole number; may be negative
 */
export function fileTime(ms: number): string {
  return String((ms + (ms < 0 ? -0.0005 : 0.0005)) / 1000);
}
