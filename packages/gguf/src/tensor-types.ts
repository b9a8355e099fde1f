// The table of GGML's tensor types: elements in a block, and bytes of a block.

export interface TensorType {
  /** Number in the file. */
  readonly id: number;
  readonly name: string;
  /** Elements in a block; rows are whole blocks. */
  readonly blockSize: number;
  readonly blockBytes: number;
}

// Source: GGML_QUANT_SIZES of gguf-py. Types that cannot be dequantized are listed too, so that files with them can be inspected
// and their other tensors read.
const rows: readonly (readonly [id: number, name: string, blockSize: number, blockBytes: number])[] = [
  [0, "F32", 1, 4],
  [1, "F16", 1, 2],
  [2, "Q4_0", 32, 18],
  [3, "Q4_1", 32, 20],
  [6, "Q5_0", 32, 22],
  [7, "Q5_1", 32, 24],
  [8, "Q8_0", 32, 34],
  [9, "Q8_1", 32, 40],
  [10, "Q2_K", 256, 84],
  [11, "Q3_K", 256, 110],
  [12, "Q4_K", 256, 144],
  [13, "Q5_K", 256, 176],
  [14, "Q6_K", 256, 210],
  [15, "Q8_K", 256, 292],
  [16, "IQ2_XXS", 256, 66],
  [17, "IQ2_XS", 256, 74],
  [18, "IQ3_XXS", 256, 98],
  [19, "IQ1_S", 256, 50],
  [20, "IQ4_NL", 32, 18],
  [21, "IQ3_S", 256, 110],
  [22, "IQ2_S", 256, 82],
  [23, "IQ4_XS", 256, 136],
  [24, "I8", 1, 1],
  [25, "I16", 1, 2],
  [26, "I32", 1, 4],
  [27, "I64", 1, 8],
  [28, "F64", 1, 8],
  [29, "IQ1_M", 256, 56],
  [30, "BF16", 1, 2],
  [34, "TQ1_0", 256, 54],
  [35, "TQ2_0", 256, 66],
  [39, "MXFP4", 32, 17],
  [40, "NVFP4", 64, 36],
  [41, "Q1_0", 128, 18],
];

/** Types that llama.cpp removed, by number, with a description. */
const removed: ReadonlyMap<number, string> = new Map([
  [4, "Q4_2, which llama.cpp removed; the nearest is Q4_0"],
  [5, "Q4_3, which llama.cpp removed; the nearest is Q4_1"],
  [31, "Q4_0_4_4, which llama.cpp removed: Q4_0 with its rows interleaved"],
  [32, "Q4_0_4_8, which llama.cpp removed: Q4_0 with its rows interleaved"],
  [33, "Q4_0_8_8, which llama.cpp removed: Q4_0 with its rows interleaved"],
  [36, "IQ4_NL_4_4, which llama.cpp removed: IQ4_NL with its rows interleaved"],
  [37, "IQ4_NL_4_8, which llama.cpp removed: IQ4_NL with its rows interleaved"],
  [38, "IQ4_NL_8_8, which llama.cpp removed: IQ4_NL with its rows interleaved"],
]);

/** A description of an unknown type number. */
export function describeUnknownType(id: number): string {
  const known = removed.get(id);
  return known === undefined ? `the unknown type ${id}` : `the type ${id} (${known})`;
}

const byId: ReadonlyMap<number, TensorType> = new Map(
  rows.map(([id, name, blockSize, blockBytes]) => [id, { id, name, blockSize, blockBytes }]),
);
const byName: ReadonlyMap<string, TensorType> = new Map(Array.from(byId.values(), (type) => [type.name, type]));

/** The type with a number in a file, if it is known. */
export function tensorTypeOfId(id: number): TensorType | undefined {
  return byId.get(id);
}

/** The type with a name ("Q8_0"), if it is known. */
export function tensorTypeOfName(name: string): TensorType | undefined {
  return byName.get(name);
}
