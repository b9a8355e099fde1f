// Presents a folder with quantized linear layers as one with a matrix for each layer. Codes keep their bits if they have the form of
// the engine's blocks; other matrices are dequantized to 16 bits.

import { listed, type WarningListener } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import { planQuantized, type QuantizedPieces } from "@lowrank/contracts/families/checkpoint";
import { halfBits } from "@lowrank/contracts/internal";
import { decodeInto, type HalfMatrix, type PackedMatrix } from "@lowrank/engine/internal";
import { joinPieces } from "@lowrank/safetensors";
import { transposed } from "../transpose-table.ts";
import type { SourceTensor, WeightSource } from "../weight-source.ts";
import { openBitsandbytes } from "./bitsandbytes.ts";
import { openCompressedTensors } from "./compressed-tensors.ts";
import { openAwq, openGptq } from "./gptq.ts";
import { PieceHeaders, type PieceReader, type QuantizedWeight } from "./quantized-weight.ts";

type Opened = QuantizedWeight &
  Pick<QuantizedPieces, "isTransposed"> & { readonly pieces: readonly (readonly [name: string, key: string])[] };

/** Returns the source itself for plain weights. Throws MODEL_FILE for tensors that are missing, or have other types or shapes. */
export async function quantizedWeights(
  source: WeightSource,
  config: ModelConfig,
  onWarning?: WarningListener,
): Promise<WeightSource> {
  const plan = planQuantized(config, source.tensors.keys());
  if (plan.size === 0) return source;
  const unused = config.quantization?.unusedSettings ?? [];
  if (unused.length > 0) onWarning?.({ code: "QUANTIZED_INPUTS", message: inputsMessage(unused) });
  const weights = new Map<string, Opened>();
  for (const [name, pieces] of plan) {
    const weight = await openWeight(new PieceHeaders(source, pieces), config);
    weights.set(name, { ...weight, isTransposed: pieces.isTransposed, pieces: [...pieces.keys] });
  }
  const inPieces = new Set([...weights.values()].flatMap(({ pieces }) => pieces.map(([, key]) => key)));
  const tensors = new Map([...source.tensors].filter(([key]) => !inPieces.has(key)));
  for (const [name, weight] of weights) tensors.set(name, tensorOf(weight, source));
  let hasWarned = false;
  const warn = (name: string, { rounding }: Opened) => {
    const message = halfMessage(source.name, name, rounding === "F32" ? 32 : 16);
    if (!hasWarned) onWarning?.({ code: "QUANTIZED_AS_HALF", message });
    hasWarned = true;
  };
  return {
    ...source,
    tensors,
    async readBytes(name, range) {
      const weight = weights.get(name);
      if (weight === undefined) return source.readBytes(name, range);
      const parts: Uint8Array[] = [];
      for (const [, key] of weight.pieces) parts.push(await source.readBytes(key));
      const bytes = joinPieces(parts);
      return range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
    },
    decode(name, bytes, into) {
      const weight = weights.get(name);
      return weight === undefined ? source.decode(name, bytes, into) : decoded(weight, readerOf(weight, source, bytes));
    },
    pack(name, bytes) {
      const weight = weights.get(name);
      if (weight === undefined) return source.pack(name, bytes);
      const read = readerOf(weight, source, bytes);
      const matrix = weight.unpack(read);
      const [rows, columns] = shapeOf(weight);
      if (!weight.isTransposed && matrix.kind === "blocks" && matrix.rows === rows) return matrix;
      warn(name, weight);
      if (!weight.isTransposed && matrix.kind !== "blocks") return matrix;
      const kind = weight.rounding === "F16" ? "f16" : "bf16";
      const bits = () => halfBits(inOrder(weight, valuesOf(matrix)), kind);
      return weight.rounding === "F32" ? undefined : { kind, rows, columns, bits: bits() };
    },
    close: () => source.close(),
  };
}

async function openWeight(headers: PieceHeaders, { quantization }: ModelConfig): Promise<QuantizedWeight> {
  if (quantization?.method === "gptq") return openGptq(headers, quantization);
  if (quantization?.method === "awq") return openAwq(headers);
  if (quantization?.method === "compressed-tensors") return openCompressedTensors(headers, quantization);
  return openBitsandbytes(headers);
}

function tensorOf(weight: Opened, source: WeightSource): SourceTensor {
  const byteLength = weight.pieces.reduce((sum, [, key]) => sum + (source.tensors.get(key)?.byteLength ?? 0), 0);
  return { shape: shapeOf(weight), dtype: weight.dtype, byteLength, isReadable: true, isDivisible: false };
}

/** The shape of the plain weight. */
function shapeOf({ shape, isTransposed }: Opened): QuantizedWeight["shape"] {
  const [rows, columns] = shape;
  return isTransposed ? [columns, rows] : shape;
}

function inOrder({ shape, isTransposed }: Opened, values: Float32Array): Float32Array {
  return isTransposed ? transposed(values, shape[1]) : values;
}

/** Reads pieces out of the bytes of all. */
function readerOf({ pieces }: Opened, source: WeightSource, bytes: Uint8Array): PieceReader {
  const parts = new Map<string, Uint8Array>();
  let start = 0;
  for (const [name, key] of pieces) {
    const end = start + (source.tensors.get(key)?.byteLength ?? 0);
    parts.set(name, bytes.subarray(start, end));
    start = end;
  }
  return (name) => parts.get(name) ?? new Uint8Array(0);
}

function decoded(weight: Opened, read: PieceReader): Float32Array {
  return inOrder(weight, weight.decode?.(read) ?? rounded(valuesOf(weight.unpack(read)), weight.rounding));
}

function valuesOf(matrix: PackedMatrix): Float32Array {
  const { rows, columns } = matrix;
  const values = new Float32Array(rows * columns);
  decodeInto(values, matrix, { firstRow: 0, rows, firstColumn: 0, columns });
  return values;
}

/** The nearest values of a type, ties to even. */
function rounded(values: Float32Array, rounding: QuantizedWeight["rounding"]): Float32Array {
  if (rounding === "F32") return values;
  const kind: HalfMatrix["kind"] = rounding === "F16" ? "f16" : "bf16";
  return valuesOf({ kind, rows: 1, columns: values.length, bits: halfBits(values, kind) });
}

function halfMessage(file: string, name: string, bits: number): string {
  return (
    `${file} → ${name} is quantized in an order that products cannot read in place, so it is kept in ${bits} bits, as are others of its kind: ` +
    "more memory than the file, the same values."
  );
}

function inputsMessage(settings: readonly string[]): string {
  return (
    `quantization_config of config.json also quantizes inputs (${listed(settings)}). Only the weights are quantized here, and inputs ` +
    "stay in float32: outputs are those of the unrounded inputs."
  );
}
