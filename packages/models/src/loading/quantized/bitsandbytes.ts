// bitsandbytes' files. 4 bits: a byte for two numbers, the first in its upper half, in blocks that continue from row to row; each
// number is a level of NF4 or FP4 times the block's largest magnitude. With double quantization these magnitudes are 8-bit numbers
// themselves (Dettmers et al. 2023, QLoRA, arXiv 2305.14314). 8 bits: a scale for each output (LLM.int8(), arXiv 2208.07339).

import { parseJson } from "@lowrank/contracts/internal";
import { type BlockMatrix, normalFloat4Levels, signedBytes } from "@lowrank/engine/internal";
import type { PieceHeaders, PieceReader, QuantizedWeight } from "./quantized-weight.ts";

/** FP4 with two bits of exponent and one of fraction, as bitsandbytes orders and scales it. */
const positiveFloat4 = [
  0, 0.0052083334885537624, 0.6666666865348816, 1, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25,
];
const float4Levels = Float32Array.of(...positiveFloat4, ...positiveFloat4.map((level) => -level));

const levels = new Map([
  ["nf4", normalFloat4Levels],
  ["fp4", float4Levels],
]);
const roundings = new Map([
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
] as const);
const blockSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096];
const maxStateBytes = 4096;

/** Reads the quantization state of a 4-bit weight; throws MODEL_FILE. */
export async function openBitsandbytes(headers: PieceHeaders): Promise<QuantizedWeight> {
  if (headers.has("SCB")) return int8Weight(headers, await formatOf(headers));
  const stateName =
    ["nf4", "fp4"].map((type) => `weight.quant_state.bitsandbytes__${type}`).find((name) => headers.has(name)) ?? "";
  const state = readState(headers, stateName, await headers.read(stateName, maxStateBytes));
  const { rows, columns, blockSize, nested } = state;
  const blocks = Math.ceil((rows * columns) / blockSize);
  if (headers.tensor("weight").byteLength !== Math.ceil((rows * columns) / 2)) {
    const got = `it has ${headers.tensor("weight").byteLength} bytes`;
    throw headers.problem(
      "weight",
      `${got}, expected ${Math.ceil((rows * columns) / 2)} for [${rows},${columns}] in 4 bits`,
    );
  }
  headers.check("weight.absmax", [nested === undefined ? "F32" : "U8"], [blocks]);
  if (nested !== undefined) {
    headers.check("weight.nested_quant_map", ["F32"], [256]);
    headers.check("weight.nested_absmax", ["F32"], [Math.ceil(blocks / nested.blockSize)]);
  }
  const isByRow = columns % blockSize === 0;
  return {
    shape: [rows, columns],
    dtype: state.type.toUpperCase(),
    rounding: state.rounding,
    unpack: (read): BlockMatrix => ({
      kind: "blocks",
      rows: isByRow ? rows : 1,
      columns: isByRow ? columns : rows * columns,
      blockSize,
      codeBits: 4,
      levels: state.levels,
      codes: read("weight").map((byte) => (byte >> 4) | (byte << 4)),
      scales:
        nested === undefined
          ? headers.floats("weight.absmax", read("weight.absmax"))
          : nestedScales(headers, read, nested),
    }),
  };
}

interface NestedState {
  readonly blockSize: number;
  readonly offset: number;
}

/** The file's JSON, checked. */
function readState(headers: PieceHeaders, name: string, bytes: Uint8Array) {
  const refuse = (reason: string, cause?: unknown) => headers.problem(name, `its JSON ${reason}`, cause);
  const parsed = parseJson(new TextDecoder().decode(bytes), { refuse });
  const state = new Map<string, unknown>(Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {}));
  const type = String(state.get("quant_type"));
  const rounding = roundings.get(state.get("dtype") as "float32");
  const table = levels.get(type);
  const [rows = 0, columns = 0, ...more] = Array.isArray(state.get("shape")) ? (state.get("shape") as unknown[]) : [];
  const blockSize = state.get("blocksize");
  if (table === undefined || rounding === undefined)
    throw refuse(`has quant_type ${type} and dtype ${state.get("dtype")}`);
  if (!isSize(rows) || !isSize(columns) || more.length > 0 || !Number.isSafeInteger(rows * columns))
    throw refuse("has no shape of a matrix");
  if (typeof blockSize !== "number" || !blockSizes.includes(blockSize))
    throw refuse(`has blocksize ${blockSize}, expected ${blockSizes.join(", ")}`);
  return { type, levels: table, rounding, rows, columns, blockSize, nested: nestedStateOf(state, headers, refuse) };
}

function nestedStateOf(
  state: ReadonlyMap<string, unknown>,
  headers: PieceHeaders,
  refuse: (reason: string) => Error,
): NestedState | undefined {
  if (!headers.has("weight.nested_absmax")) return undefined;
  const [blockSize, offset] = [state.get("nested_blocksize"), state.get("nested_offset")];
  if (!isSize(blockSize) || typeof offset !== "number" || !Number.isFinite(offset))
    throw refuse(`has nested_blocksize ${blockSize} and nested_offset ${offset}, expected numbers`);
  return { blockSize, offset: Math.fround(offset) };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Each step is rounded to float32, as bitsandbytes does. */
function nestedScales(headers: PieceHeaders, read: PieceReader, { blockSize, offset }: NestedState): Float32Array {
  const values = headers.floats("weight.nested_quant_map", read("weight.nested_quant_map"));
  const steps = headers.floats("weight.nested_absmax", read("weight.nested_absmax"));
  return Float32Array.from(read("weight.absmax"), (code, block) => {
    return Math.fround((values[code] ?? 0) * (steps[Math.floor(block / blockSize)] ?? 0)) + offset;
  });
}

/** 1/127, as bitsandbytes multiplies by it. */
const inverse127 = Math.fround(7.874015718698502e-3);

/** 0 for rows in order; older versions could also save a GPU's own order. */
async function formatOf(headers: PieceHeaders): Promise<number> {
  return headers.has("weight_format") ? ((await headers.read("weight_format", 8))[0] ?? 0) : 0;
}

function int8Weight(headers: PieceHeaders, format: number): QuantizedWeight {
  if (format !== 0) throw headers.problem("weight_format", `it is ${format}, expected 0 (rows in order)`);
  const { shape } = headers.check("weight", ["I8"], [undefined, undefined]);
  const [rows = 0, columns = 0] = shape;
  headers.check("SCB", ["F32"], [rows]);
  const scalesOf = (read: PieceReader) => headers.floats("SCB", read("SCB"));
  return {
    shape: [rows, columns],
    dtype: "LLM.int8",
    rounding: "F32",
    unpack: (read): BlockMatrix => ({
      kind: "blocks",
      rows,
      columns,
      blockSize: columns + (columns % 2),
      codeBits: 8,
      levels: signedBytes,
      codes: read("weight").slice(),
      scales: scalesOf(read).map((scale) => scale * inverse127),
    }),
    // bitsandbytes rounds after each of two products; the packed matrix has the product of the two factors, and one rounding.
    decode(read) {
      const scales = scalesOf(read);
      return Float32Array.from(read("weight"), (byte, index) => {
        return Math.fround((signedBytes[byte] ?? 0) * (scales[Math.floor(index / columns)] ?? 0)) * inverse127;
      });
    },
  };
}
