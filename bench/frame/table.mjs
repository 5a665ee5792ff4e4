/** The published table: a row for each thing measured, beside its bar. */
import { median } from './rounds.mjs';

/** Missed by more than this, a bar fails `--check`. */
const tolerance = 0.1;

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number[]} values one for each round
 * @property {{ atMost?: number, atLeast?: number }} [bar] none where there is only something to be shown
 * @property {string} [unit]
 * @property {string} [note] the absolute figures behind the ratio
 */

export function isMissed({ values, bar = {} }) {
  const value = median(values);
  const { atMost = Infinity, atLeast = -Infinity } = bar;
  return value > atMost * (1 + tolerance) || value < atLeast * (1 - tolerance);
}

export const tableHead = '| what | measured (lowest to highest) | bar | |\n| --- | --- | --- | --- |';

/** @param {Row} row */
export function tableLine({ what, values, bar, unit = '', note = '' }) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = low === high ? '' : ` (${figure(low)} to ${figure(high)})`;
  return `| ${what} | **${figure(median(values))}${unit}**${spread} | ${barText(bar, unit)} | ${note} |`;
}

export const missingLine = (what, reason) => `| ${what} | not measured: ${reason} | | |`;

function barText({ atMost, atLeast } = {}, unit) {
  if (atLeast !== undefined)
    return atMost === undefined ? `≥ ${atLeast}${unit}` : `${atLeast} to ${atMost}${unit}`;
  return atMost === undefined ? '' : `≤ ${atMost}${unit}`;
}

function figure(value) {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

/** `0.41 s`, `2.2 ms`: the middle of a series of seconds. */
export function secondsText(values) {
  const seconds = median(values);
  return seconds < 0.1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}
