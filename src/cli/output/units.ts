/** Sizes, durations and times in words. The same in every locale and time zone. */
import { counted } from '../../counted.js';

const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `67108864` → `64 MiB`, `1536` → `1.5 KiB`, `1` → `1 byte`. */
export function sizeText(sizeBytes: number): string {
  if (sizeBytes < 1024) return counted(sizeBytes, 'byte');
  let value = sizeBytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** `5025000` → `1h 23m`. */
export function durationText(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** `2026-11-24 02:18 UTC`. */
export function timeText(time: number | string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** In one unit, rounded down: `3 days`, `1 hour`, `less than a minute`. */
export function ageText(ageMs: number): string {
  const minutes = Math.floor(ageMs / 60_000);
  const [count, unit] =
    minutes >= 2880
      ? [Math.floor(minutes / 1440), 'day']
      : minutes >= 60
        ? [Math.floor(minutes / 60), 'hour']
        : [minutes, 'minute'];
  if (count < 1) return 'less than a minute';
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
