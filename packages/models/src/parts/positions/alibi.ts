// Attention with linear biases (Press et al. 2022): scores rise with the key's position, in each head differently fast.

/** The slopes of one model's scores. All its layers share one object: a pass keeps its mask by it. */
export interface Alibi {
  readonly slopes: Float32Array;
  /** Multiplies the bias: Falcon scales the sum of score and bias, BLOOM only the score. */
  readonly scale: number;
  /** Whether the bias is computed in bfloat16, whatever the model's own type (Falcon). */
  readonly inBfloat16: boolean;
}

export function alibi(heads: number, options: Partial<Omit<Alibi, "slopes">> = {}): Alibi {
  return { slopes: alibiSlopes(heads), scale: 1, inBfloat16: false, ...options };
}

/** The biases of scores of keys at `positions`, head after head: [heads, positions]. */
export function alibiBiases({ slopes, scale, inBfloat16 }: Alibi, positions: readonly number[]): Float32Array {
  const { fround } = Math;
  const round = inBfloat16 ? roundToBfloat16 : fround;
  const biases = [...slopes].flatMap((slope) =>
    positions.map((position) => fround(round(round(slope) * round(position)) * fround(scale))),
  );
  return Float32Array.from(biases);
}

/** One slope for each head, as transformers' BLOOM has them: powers of 2 that halve at equal steps. */
export function alibiSlopes(heads: number): Float32Array {
  const powerOfTwo = 2 ** Math.floor(Math.log2(heads));
  const slopes = Array.from({ length: powerOfTwo }, (_, head) => baseOf(powerOfTwo) ** (head + 1));
  // If the number of heads is not a power of 2, the others take every second slope of twice as many heads.
  const rest = Array.from({ length: heads - powerOfTwo }, (_, head) => baseOf(2 * powerOfTwo) ** (2 * head + 1));
  return Float32Array.from([...slopes, ...rest]);
}

function baseOf(heads: number): number {
  return Math.fround(2 ** -(2 ** -(Math.log2(heads) - 3)));
}

const word = new DataView(new ArrayBuffer(4));

/** To the nearest number with 8 significant bits, ties to even; the values here are finite. */
function roundToBfloat16(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  word.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
  return word.getFloat32(0);
}
