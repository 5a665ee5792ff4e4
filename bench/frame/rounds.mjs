/** Runs rivals in turn, so that what the machine does meanwhile falls on all of them alike. */

/**
 * @param contestants name → function that runs it once and resolves to what it measured
 * @returns name → the measurements of each round; a first round, which warms caches, is thrown away
 */
export async function inTurn(rounds, contestants, { warm = true } = {}) {
  const names = Object.keys(contestants);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = warm ? -1 : 0; round < rounds; round += 1) {
    for (const name of names) {
      const result = await contestants[name]();
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The ratios of two series, round by round. */
export const ratios = (ours, theirs) => ours.map((value, round) => value / theirs[round]);

export const wallOf = (results) => results.map(({ wallSeconds }) => wallSeconds);
export const cpuOf = (results) => results.map(({ cpuSeconds }) => cpuSeconds);
