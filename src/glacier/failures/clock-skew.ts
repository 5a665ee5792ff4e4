/** A request refused for its date: by how much this machine's clock is off, as the answer tells. */

export interface SkewedAnswer {
  $metadata?: { clockSkewCorrected?: boolean };
  $response?: { headers?: Record<string, string> };
}

/** Glacier takes requests whose date is within five minutes of its own clock. */
const refusals = /^Signature (expired|not yet current)/;
const toleranceMs = 5 * 60 * 1000;

/**
 * True when a signature expired although this machine's clock is right: the request was under way for too long.
 * @param nowMs this machine's time
 */
export function cameTooLate(text: string, answer: SkewedAnswer, nowMs: number): boolean {
  const serverMs = serverTime(text, answer.$response?.headers ?? {});
  return (
    text.startsWith('Signature expired') && serverMs !== null && Math.abs(nowMs - serverMs) < toleranceMs
  );
}

/**
 * @param nowMs this machine's time
 * @returns null when the answer is about something else
 */
export function clockSkew(
  name: string,
  text: string,
  answer: SkewedAnswer,
  nowMs: number,
): { says: string; hint: string } | null {
  const isSkew =
    name === 'RequestTimeTooSkewed' ||
    (name === 'InvalidSignatureException' && (refusals.test(text) || answer.$metadata?.clockSkewCorrected));
  if (!isSkew) return null;
  const serverMs = serverTime(text, answer.$response?.headers ?? {});
  return {
    says: serverMs === null ? "this machine's clock is off" : difference(nowMs, serverMs),
    hint: 'set the clock, for example by NTP ("timedatectl" shows it), then run the same command again; Glacier allows a difference of 5 minutes',
  };
}

function difference(nowMs: number, serverMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - serverMs) / 1000);
  const text = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
  const direction = nowMs > serverMs ? 'ahead of' : 'behind';
  return `this machine's clock is ${text || '0 s'} ${direction} the service's: ${timeText(nowMs)} here, ${timeText(serverMs)} there`;
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** From the header `Date`, or from `… (20180727T182316Z - 5 min.)`. */
function serverTime(text: string, headers: Record<string, string>): number | null {
  const told = Date.parse(headers.date ?? '');
  if (!Number.isNaN(told)) return told;
  const match = /\((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z [-+] \d+ min\.\)/.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
