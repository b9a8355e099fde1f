// Integers as compressed-tensors (LLM Compressor) stores them: packed into 32-bit words along the inputs with 2^(bits − 1) added
// ("pack-quantized"), or as int8 ("int-quantized"), with a scale for each group, output or matrix.

import type { ModelConfig } from "@lowrank/contracts/families";
import { groupsOf } from "./gptq.ts";
import { groupedMatrix } from "./grouped-codes.ts";
import type { PieceHeaders, PieceReader, QuantizedWeight } from "./quantized-weight.ts";

const scaleTypes = ["F16", "BF16", "F32"];

/** Reads the shape of a packed weight; throws MODEL_FILE for shapes and types that do not belong together. */
export async function openCompressedTensors(
  headers: PieceHeaders,
  { hasZeroPoints }: NonNullable<ModelConfig["quantization"]>,
): Promise<QuantizedWeight> {
  if (hasZeroPoints === true && !headers.has("weight_zero_point"))
    throw headers.problem("weight_zero_point", `it is missing, but ${symmetricKey} is false`);
  return headers.has("weight_packed") ? openPacked(headers, hasZeroPoints) : openInt8(headers, hasZeroPoints);
}

const symmetricKey = "`symmetric` of quantization_config in config.json";

async function openPacked(headers: PieceHeaders, hasZeroPoints?: boolean): Promise<QuantizedWeight> {
  headers.check("weight_shape", ["I64", "I32"], [2]);
  const [rows = 0, columns = 0] = wholeNumbers(await headers.read("weight_shape", 16));
  const words = headers.check("weight_packed", ["I32"], [rows, undefined]).shape[1] ?? 0;
  const bits = ([4, 8] as const).find((width) => Math.ceil((columns * width) / 32) === words);
  if (bits === undefined || rows < 1 || columns < 1)
    throw headers.problem(
      "weight_packed",
      `it has ${words} words a row for ${columns} columns, which is neither 4 nor 8 bits`,
    );
  const groups = groupsIn(headers, rows, columns);
  const perWord = 32 / bits;
  if (headers.has("weight_zero_point"))
    headers.check("weight_zero_point", ["I32"], [Math.ceil(rows / perWord), groups]);
  if (headers.has("weight_g_idx")) headers.check("weight_g_idx", ["I32", "I64"], [columns]);
  return opened(headers, { rows, columns, groups, bits, hasZeroPoints }, (read) => {
    const rowBytes = Math.ceil((columns * bits) / 8);
    const stored = read("weight_packed");
    const codes = new Uint8Array(rows * rowBytes);
    for (let row = 0; row < rows; row++)
      codes.set(stored.subarray(4 * words * row, 4 * words * row + rowBytes), rowBytes * row);
    if (!headers.has("weight_zero_point")) return { codes };
    const points = read("weight_zero_point");
    // Packed along the outputs, a word for each group.
    const zeros = Uint8Array.from({ length: rows * groups }, (_, at) => {
      const [row, group] = [Math.floor(at / groups), at % groups];
      const bit = (row % perWord) * bits;
      return (points[4 * (Math.floor(row / perWord) * groups + group) + (bit >> 3)]! >> (bit & 7)) & (2 ** bits - 1);
    });
    return { codes, zeros };
  });
}

function openInt8(headers: PieceHeaders, hasZeroPoints?: boolean): QuantizedWeight {
  const [rows = 0, columns = 0] = headers.check("weight", ["I8"], [undefined, undefined]).shape;
  const groups = groupsIn(headers, rows, columns);
  const isShifted = headers.has("weight_zero_point");
  if (isShifted) headers.check("weight_zero_point", ["I8"], headers.tensor("weight_scale").shape);
  const unsigned = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 128);
  return opened(headers, { rows, columns, groups, bits: 8, hasZeroPoints }, (read) => ({
    codes: unsigned(read("weight")),
    ...(isShifted && { zeros: toRows(unsigned(read("weight_zero_point")), rows * groups) }),
  }));
}

/** The number of scales in a row; 1 if a row or the whole matrix has one scale. */
function groupsIn(headers: PieceHeaders, rows: number, columns: number): number {
  const { shape } = headers.tensor("weight_scale");
  const isWhole = shape.length <= 1 && (shape[0] ?? 1) === 1;
  if (!isWhole) headers.check("weight_scale", scaleTypes, shape.length === 1 ? [rows] : [rows, undefined]);
  const groups = isWhole ? 1 : (shape[1] ?? 1);
  if (!scaleTypes.includes(headers.tensor("weight_scale").dtype) || groups < 1 || columns % groups !== 0)
    throw headers.problem("weight_scale", `it has ${groups} scales a row for ${columns} columns`);
  return groups;
}

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly groups: number;
  readonly bits: 4 | 8;
  readonly hasZeroPoints: boolean | undefined;
}

function opened(
  headers: PieceHeaders,
  { rows, columns, groups, bits, hasZeroPoints }: Sizes,
  codesOf: (read: PieceReader) => { readonly codes: Uint8Array; readonly zeros?: Uint8Array },
): QuantizedWeight {
  const { dtype } = headers.tensor("weight_scale");
  const rounding = dtype === "F16" || dtype === "BF16" ? dtype : "F32";
  return {
    shape: [rows, columns],
    dtype: `INT${bits}`,
    rounding,
    unpack(read) {
      const scales = toRows(headers.floats("weight_scale", read("weight_scale")), rows * groups);
      const groupOf = headers.has("weight_g_idx") ? groupsOf(headers, "weight_g_idx", { read, groups }) : undefined;
      const coded = codesOf(read);
      // Older files of symmetric weights have zero points, all of which are the middle code.
      if (hasZeroPoints === false && coded.zeros?.some((zero) => zero !== 2 ** (bits - 1)))
        throw headers.problem("weight_zero_point", `it shifts weights, but ${symmetricKey} is not false`);
      const grouped = { rows, columns, codeBits: bits, ...coded, scales, groupOf };
      return groupedMatrix(grouped, rounding === "F16" ? "f16" : "bf16");
    },
  };
}

/** Repeats a single value for all rows. */
function toRows<Kind extends Float32Array | Uint8Array>(values: Kind, length: number): Kind {
  return values.length === length
    ? values
    : (new (values.constructor as new (size: number) => Kind)(length).fill(values[0] ?? 0) as Kind);
}

/** The two little-endian integers of a shape, I64 or I32: the length of `bytes` decides which. */
function wholeNumbers(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [0, bytes.length / 2].map((at) => view.getUint32(at, true));
}
