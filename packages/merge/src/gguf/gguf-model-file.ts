// A model – merged or not – as one GGUF file for llama.cpp and what is built on it, made piece by piece when it is written.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { type GgufTable, ggufFromConfig, ggufPoolingTypes, ggufTableOf } from "@lowrank/contracts/families/gguf";
import {
  dequantize,
  type EncodableType,
  encodeValues,
  type GgufFile,
  ggufChunks,
  layoutGguf,
  type StreamedGgufTensor,
  type WritableValue,
} from "@lowrank/gguf";
import { ExportOverflowError } from "../export/errors.ts";
import type { ExportableModel, ExportFile } from "../export/exportable-model.ts";
import { type Changes, changesOf } from "../export/plan-tensors.ts";
import { readAsStored, takeValues } from "../export/read-as-stored.ts";
import type { MergeInFiles } from "../stream/plan-merge.ts";
import { fileTypeId, type GgufFileType, LostEffectError } from "./file-types.ts";
import { EffectSums, type KeptEffect, MeasuredEffects } from "./kept-effect.ts";
import { type PlannedGgufTensor, planGguf, planLikeBase } from "./plan-gguf.ts";
import { inStoredOrder } from "./stored-order.ts";

/** How a GGUF file is made of a model. */
export interface GgufModelOptions {
  /** Of the numbers; or the base's own file, whose types and metadata stay. */
  readonly type: GgufFileType | GgufFile;
  /** Of a model of embeddings: which states stand for a text. Absent: a .gguf base's own; else whoever asks has to say it. */
  readonly pooling?: "mean" | "first" | "last";
  /** The tokenizer's (`ggufFromTokenizer` of `@lowrank/data`), a name; they go before the base's. */
  readonly metadata?: ReadonlyMap<string, WritableValue>;
  /** The file's name; default "model.gguf". */
  readonly name?: string;
  /** A merge that is to be computed while the file is written (`planMerge`). */
  readonly merge?: MergeInFiles;
  /**
   * Hears, of each tensor that a planned merge changed, what rounding left of the change: measured on all of a small tensor and
   * on a quarter of a large one.
   */
  readonly onRounded?: (rounded: KeptEffect & { readonly tensor: string }) => void;
  /** Least share of a planned merge's change that must be left, of all weights together; default 0.5. 0 takes any. */
  readonly minKept?: number;
}

const optionNames: OptionNames<GgufModelOptions> = {
  ...{ type: true, pooling: true, metadata: true, name: true, merge: true, onRounded: true, minKept: true },
};

/**
 * The file, whose pieces are made as they are asked for. Of a base that lies in files a few rows are in memory at a time; of
 * GPT-2's matrices and of joint queries, keys and values one matrix.
 *
 * @throws UnwritableArchitectureError of `@lowrank/contracts/families/gguf`, UnnamedWeightsError; and while it is written
 * ExportOverflowError, LostEffectError (after the last piece: what was written then is to be thrown away), NonFiniteMergeError.
 *
 * @example
 * ```ts
 * import type { ExportableModel, MergeInFiles } from "@lowrank/merge";
 * import { ggufModelFile } from "@lowrank/merge/gguf";
 *
 * export async function* asQ4(model: ExportableModel, merge: MergeInFiles): AsyncGenerator<Uint8Array> {
 *   const file = await ggufModelFile(model, { type: "Q4_K_M", merge });
 *   yield* file.contents();
 * }
 * ```
 */
export async function ggufModelFile(model: ExportableModel, options: GgufModelOptions): Promise<ExportFile> {
  refuseUnknownOptions("ggufModelFile", options, optionNames);
  const { type, pooling, merge, name = "model.gguf", minKept = 0.5 } = options;
  const changes = changesOf(model, merge);
  const outline = typeof type === "string" ? madeAnew(model, type, changes) : await likeBase(model, type, changes);
  const { table, entries: own, planned, ropeFactors } = outline;
  const effects = new MeasuredEffects(options.onRounded);
  const tensors = new Map([
    ...[...ropeFactors].map(([key, values]) => [key, plain(values)] as const),
    ...planned.map((tensor) => [tensor.name, streamed(tensor, { model, options, effects })] as const),
  ]);
  const entries = new Map([...own, ...poolingEntries(table, pooling), ...(options.metadata ?? [])]);
  return {
    name,
    bytes: layoutGguf(entries, tensors).size,
    async *contents(from) {
      yield* ggufChunks(entries, tensors, from);
      const { kept } = effects;
      if (kept < minKept)
        throw new LostEffectError(kept, minKept, typeof type === "string" ? type : "the base's types");
    },
    findings: effects,
  };
}

function poolingEntries({ architecture }: GgufTable, pooling: GgufModelOptions["pooling"]): [string, WritableValue][] {
  if (pooling === undefined) return [];
  return [[`${architecture}.pooling_type`, { type: "uint32", value: ggufPoolingTypes[pooling] }]];
}

interface Outline {
  readonly table: GgufTable;
  readonly entries: ReadonlyMap<string, WritableValue>;
  readonly planned: readonly PlannedGgufTensor[];
  readonly ropeFactors: ReadonlyMap<string, Float32Array>;
}

function madeAnew(model: ExportableModel, type: GgufFileType, changes: Changes): Outline {
  const { table, metadata, ropeFactors } = ggufFromConfig(model.config);
  const entries = new Map<string, WritableValue>([
    ...metadata,
    ["general.type", { type: "string", value: "model" }],
    ["general.file_type", { type: "uint32", value: fileTypeId(type) }],
    ["general.quantization_version", { type: "uint32", value: 2 }],
  ]);
  return { table, entries, planned: planGguf(model, type, { table, ...changes }), ropeFactors };
}

/** How the file was cut and padded is no longer so. */
const ofTheFile = /^(general\.alignment|split\..*)$/;

async function likeBase(model: ExportableModel, base: GgufFile, changes: Changes): Promise<Outline> {
  const table = ggufTableOf(base.metadata);
  const entries = [...(await base.readStoredMetadata())].filter(([key]) => !ofTheFile.test(key));
  return {
    table,
    entries: new Map<string, WritableValue>(entries),
    planned: planLikeBase(model, base, { table, ...changes }),
    ropeFactors: new Map(),
  };
}

function plain(values: Float32Array): StreamedGgufTensor {
  return { type: "F32", shape: [values.length], pieces: () => [encodeValues(values, "F32")] };
}

interface Writing {
  readonly model: ExportableModel;
  readonly options: GgufModelOptions;
  readonly effects: MeasuredEffects;
}

function streamed({ name, shape, type, from }: PlannedGgufTensor, writing: Writing): StreamedGgufTensor {
  return {
    type,
    shape,
    pieces: () => (from.kind === "base" ? basePieces(name, writing) : modelPieces(name, from, writing)),
  };
}

/** Bytes of the base that are in memory at once. */
const pieceBytes = 1 << 22;

async function* basePieces(name: string, { options: { type } }: Writing): AsyncGenerator<Uint8Array> {
  if (typeof type === "string") return;
  const total = type.tensors.get(name)?.byteLength ?? 0;
  for (let offset = 0; offset < total; offset += pieceBytes)
    yield await type.readBytes(name, { offset, length: Math.min(pieceBytes, total - offset) });
}

type FromModel = Extract<PlannedGgufTensor["from"], { kind: "model" }>;

async function* modelPieces(
  name: string,
  { path, type, order }: FromModel,
  { model, options, effects }: Writing,
): AsyncGenerator<Uint8Array> {
  const { merge } = options;
  const after = inStoredOrder(merge?.values(path) ?? valuesOf(model, path), order);
  const isMeasured = merge?.changed.includes(path) === true && type !== "F32" && !effects.has(name);
  const before = isMeasured ? inStoredOrder(merge.before(path), order) : undefined;
  // What lies on a type's levels already is beside itself; other numbers beside what the base would be in this type.
  const isOwnType = typeof options.type !== "string" && options.type.tensors.get(name)?.type === type;
  const rounded = (values: Float32Array) => dequantize(encoded(values, type, name), type, values.length);
  const own = new EffectSums();
  let changedPieces = 0;
  let left = order.shape.reduce((product, size) => product * size, 1);
  for await (const piece of after) {
    const bytes = encoded(piece, type, name);
    const frozen = (await before?.next())?.value;
    // What did not change adds nothing to the sums; of what did, measuring one piece takes as long as writing it.
    if (frozen !== undefined && !areEqual(frozen, piece) && changedPieces++ % measuredPieces === 0) {
      const [was, is] = [isOwnType ? frozen : rounded(frozen), dequantize(bytes, type, piece.length)];
      own.add({ before: frozen, after: piece }, { before: was, after: is });
    }
    left -= piece.length;
    // Before its last bytes are written: whoever keeps these keeps the sums with them.
    if (left === 0 && isMeasured) effects.put(name, own);
    yield bytes;
  }
}

/** Of so many pieces that change one is measured, the first of a weight always. A piece has some 260 000 numbers. */
const measuredPieces = 4;

function areEqual(before: Float32Array, after: Float32Array): boolean {
  for (let index = 0; index < after.length; index += 1) if (before[index] !== after[index]) return false;
  return true;
}

async function* valuesOf(model: ExportableModel, path: string): AsyncGenerator<Float32Array> {
  yield await takeValues(readAsStored(model, path));
}

/** Beyond this an F16 number is infinite, and so is a block's scale. */
const largestHalf = 65_519;

function encoded(values: Float32Array, type: EncodableType, tensor: string): Uint8Array {
  if (type !== "F32" && type !== "BF16" && values.some((value) => Math.abs(value) > largestHalf))
    throw new ExportOverflowError(tensor, type);
  return encodeValues(values, type);
}
