// Rotary position embedding as a matrix: for one token a row, a small product replaces slices, products and a join.

/** Which features make a pair, and the factor that scales all. */
export interface RotationOptions {
  readonly headSize: number;
  /** True rotates neighbouring features together, false feature i of the first half with feature i of the second. */
  readonly interleaved: boolean;
  readonly factor: number;
}

/**
 * The matrices that rotate a head [1, headSize], one [headSize, headSize] for each position, from the cosines and sines of
 * its `pairs` angles. Features after the pairs stay unchanged.
 */
export function rotationMatrices(
  { cos, sin }: { readonly cos: Float32Array; readonly sin: Float32Array },
  pairs: number,
  { headSize, interleaved, factor }: RotationOptions,
): Float32Array {
  const count = cos.length / pairs;
  const values = new Float32Array(count * headSize * headSize);
  for (let position = 0; position < count; position++) {
    const start = position * headSize * headSize;
    const set = (from: number, to: number, value: number) => {
      values[start + from * headSize + to] = value * factor;
    };
    for (let feature = 2 * pairs; feature < headSize; feature++) set(feature, feature, 1);
    for (let pair = 0; pair < pairs; pair++) {
      const [first, second] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + pairs];
      const along = cos[position * pairs + pair] ?? 0;
      const across = sin[position * pairs + pair] ?? 0;
      set(first, first, along);
      set(second, second, along);
      set(first, second, across);
      set(second, first, -across);
    }
  }
  return values;
}
