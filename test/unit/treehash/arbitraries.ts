import fc from 'fast-check';

/** Leaves small enough that little input makes deep trees. */
export const leafBytes = fc.integer({ min: 1, max: 9 });

/** Bytes over few or many leaves, often ending near the edge of one. */
export const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

/** How many leaves a part has: a power of two, as Glacier wants it. */
export const leavesPerPart = fc.integer({ min: 0, max: 6 }).map((power) => 2 ** power);

/** Cuts bytes into pieces of any sizes, empty ones among them. */
export function sliced(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
}
