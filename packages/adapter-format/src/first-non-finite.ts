// NaN and infinity among an adapter's values.

/**
 * Position of the first value that is NaN or infinite; −1 if none is.
 *
 * @example
 * ```ts
 * import { firstNonFinite } from "@lowrank/adapter-format";
 *
 * if (firstNonFinite(Float32Array.of(1, Number.NaN)) !== 1) throw new Error("NaN was overlooked");
 * ```
 */
export function firstNonFinite(values: Float32Array): number {
  // A loop: `findIndex` calls a function for each of millions of values, which takes four times as long.
  for (let position = 0; position < values.length; position++) if (!Number.isFinite(values[position])) return position;
  return -1;
}
