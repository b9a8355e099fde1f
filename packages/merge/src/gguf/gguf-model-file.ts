// Writes a model, merged or not, as one GGUF file for llama.cpp and programs built on it, piece by piece.

import type { WarningListener } from "@lowrank/contracts";
import { type GgufTable, ggufFromConfig, ggufPoolingTypes, ggufTableOf } from "@lowrank/contracts/families/gguf";
import { windowWarning } from "@lowrank/contracts/families/internal";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { dequantize, type GgufFile, ggufChunks } from "@lowrank/gguf";
import {
  type EncodableType,
  encodeValues,
  layoutGguf,
  type StreamedGgufTensor,
  type WritableValue,
} from "@lowrank/gguf/internal";
import { exportOverflowError } from "../export/errors.ts";
import type { ExportableModel, ExportFile } from "../export/exportable-model.ts";
import { type Changes, changesOf } from "../export/plan-tensors.ts";
import { readAsStored, takeValues } from "../export/read-as-stored.ts";
import type { MergeInFiles } from "../stream/plan-merge.ts";
import { fileTypeId, type GgufFileType, lostEffectError } from "./file-types.ts";
import { type PlannedGgufTensor, planGguf, planLikeBase } from "./plan-gguf.ts";
import { EffectSums, MeasuredEffects, type RetainedEffect } from "./retained-effect.ts";
import { inStoredOrder, storedShape } from "./stored-order.ts";

/** Options of `ggufModelFile`. */
export interface GgufModelOptions {
  /** The file type; or the base's own file, to keep its types and metadata. */
  readonly type: GgufFileType | GgufFile;
  /** Pooling of an embedding model. Default: that of a .gguf base, else the program that uses the file must set it. */
  readonly pooling?: "mean" | "first" | "last";
  /** Metadata of the tokenizer (`ggufFromTokenizer` of `@lowrank/data`), a name. They replace the base's. */
  readonly metadata?: ReadonlyMap<string, WritableValue>;
  /** The file's name; default "model.gguf". */
  readonly name?: string;
  /** A merge to compute while the file is written (`planMerge`). */
  readonly merge?: MergeInFiles;
  /**
   * Called for each tensor that a planned merge changed, with the share of the change that remains after rounding: measured on all of a
   * small tensor and on a quarter of a large one.
   */
  readonly onRounded?: (rounded: RetainedEffect & { readonly tensor: string }) => void;
  /** Receives warnings about numbers that llama.cpp computes differently, before anything is written. */
  readonly onWarning?: WarningListener;
  /** Smallest share of a planned merge's change that must remain, over all weights; default 0.5. 0 accepts all. */
  readonly minKept?: number;
}

const optionNames: OptionNames<GgufModelOptions> = {
  type: true,
  pooling: true,
  metadata: true,
  name: true,
  merge: true,
  onRounded: true,
  onWarning: true,
  minKept: true,
};

/**
 * The file, made piece by piece. If the base's weights are in files, a few rows are in memory at a time; one whole matrix for
 * GPT-2 and for joined queries, keys and values.
 *
 * @throws UNWRITABLE_ARCHITECTURE of `@lowrank/contracts/families/gguf`, UNNAMED_WEIGHTS; while writing
 * EXPORT_OVERFLOW, NON_FINITE_MERGE, and LOST_EFFECT after the last piece: delete the file then.
 *
 * @example
 * ```ts
 * import type { ExportableModel, MergeInFiles } from "@lowrank/merge/internal";
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
  const warning = windowWarning(model.config, table);
  if (warning !== undefined) options.onWarning?.(warning);
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
      if (kept < minKept) throw lostEffectError(kept, minKept, typeof type === "string" ? type : "the base's types");
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

/** Keys about the old file's splits and padding. */
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

/** Bytes of the base in memory at a time. */
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
  // Values that are already on the type's levels are compared directly; others are compared with the base rounded to this type.
  const isOwnType = typeof options.type !== "string" && options.type.tensors.get(name)?.type === type;
  const rounded = (values: Float32Array) => dequantize(encoded(values, type, name), type, values.length);
  const sums = new EffectSums();
  let changedPieces = 0;
  let remaining = storedShape(order).reduce((product, size) => product * size, 1);
  for await (const piece of after) {
    const bytes = encoded(piece, type, name);
    const frozen = (await before?.next())?.value;
    // Unchanged pieces add nothing to the sums. For changed ones, measuring takes as long as writing.
    if (frozen !== undefined && !areEqual(frozen, piece) && changedPieces++ % measuredPieces === 0) {
      const [was, is] = [isOwnType ? frozen : rounded(frozen), dequantize(bytes, type, piece.length)];
      sums.add({ before: frozen, after: piece }, { before: was, after: is });
    }
    remaining -= piece.length;
    // Before the last bytes are written, so that a saved state has the sums too.
    if (remaining === 0 && isMeasured) effects.put(name, sums);
    yield bytes;
  }
}

/** One of this many changed pieces is measured, and always the first of a weight. A piece has about 260 000 numbers. */
const measuredPieces = 4;

function areEqual(before: Float32Array, after: Float32Array): boolean {
  for (let index = 0; index < after.length; index += 1) if (before[index] !== after[index]) return false;
  return true;
}

async function* valuesOf(model: ExportableModel, path: string): AsyncGenerator<Float32Array> {
  yield await takeValues(readAsStored(model, path));
}

/** Larger values are infinite in F16, and so in a block's scale. */
const largestHalf = 65_519;

function encoded(values: Float32Array, type: EncodableType, tensor: string): Uint8Array {
  if (type !== "F32" && type !== "BF16" && values.some((value) => Math.abs(value) > largestHalf))
    throw exportOverflowError(tensor, type);
  return encodeValues(values, type);
}
