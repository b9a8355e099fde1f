// Makes the bytes of an exported tensor piece by piece.

import { decodeToFloat32, SafetensorsError } from "@lowrank/safetensors";
import {
  bitsOf,
  type Dtype,
  type EncodableDtype,
  encodeNumbers,
  type StreamedTensor,
  type TensorCollection,
} from "@lowrank/safetensors/internal";
import { exportOverflowError, unwritableTypeError } from "./errors.ts";
import type { ExportableModel, ExportOptions } from "./exportable-model.ts";
import type { PlannedTensor } from "./plan-tensors.ts";
import type { MergedRows, PlannedMerge } from "./planned-merge.ts";
import { readAsStored, takeValues } from "./read-as-stored.ts";

/** Bytes of the base in memory while a tensor is copied; a multiple of every element's size. */
const pieceBytes = 1 << 24;

const encodable: ReadonlySet<string> = new Set(["F64", "F32", "F16", "BF16"]);

export interface TensorSources {
  readonly model: ExportableModel;
  /** The planned merge, if there is one. */
  readonly merge?: PlannedMerge | undefined;
  readonly base?: TensorCollection;
  readonly onRounded?: ExportOptions["onRounded"] | undefined;
}

/** Makes a stream for a planned tensor. */
export function streamTensor(planned: PlannedTensor, { model, merge, base, onRounded }: TensorSources): StreamedTensor {
  const { key, dtype, shape, from } = planned;
  const pieces = () => {
    if (from.kind === "base") return basePieces(planned, from, base!);
    if (merge === undefined) return modelPieces(planned, model, from.path);
    const report = merge.changed.includes(from.path) ? onRounded : undefined;
    const isPlain = dtype === "F32" || dtype === "F16" || dtype === "BF16";
    const values = isPlain ? merge.roundedValues?.(from.path, dtype) : undefined;
    return mergedPieces(planned, values ?? merge.values(from.path), report);
  };
  return { name: key, dtype, shape, pieces };
}

async function* mergedPieces(
  planned: PlannedTensor,
  blocks: AsyncIterable<MergedRows>,
  onRounded: ExportOptions["onRounded"],
): AsyncGenerator<Uint8Array> {
  const isRounded = onRounded !== undefined && (planned.dtype === "F16" || planned.dtype === "BF16");
  let largestError = 0;
  let rounded: Float32Array = new Float32Array();
  for await (const block of blocks) {
    if ("bytes" in block) {
      largestError = Math.max(largestError, block.largest);
      yield block.bytes;
      continue;
    }
    const bytes = encode(planned, block);
    if (isRounded) {
      rounded = decodeToFloat32(bytes, planned.dtype, {}, rounded.length < block.length ? undefined : rounded);
      largestError = Math.max(largestError, largestRoundingError(block, rounded));
    }
    yield bytes;
  }
  if (isRounded) onRounded({ tensor: planned.key, largest: largestError });
}

function largestRoundingError(values: Float32Array, rounded: Float32Array): number {
  let largestError = 0;
  for (let index = 0; index < values.length; index += 1)
    largestError = Math.max(largestError, Math.abs((values[index] as number) - (rounded[index] as number)));
  return largestError;
}

async function* modelPieces(planned: PlannedTensor, model: ExportableModel, path: string): AsyncGenerator<Uint8Array> {
  yield encode(planned, await takeValues(readAsStored(model, path)));
}

/** The base's bytes, cropped or padded with zeros: a buffer with a value for each token may be (final_logits_bias). */
async function* basePieces(
  planned: PlannedTensor,
  from: { readonly key: string; readonly dtype: Dtype },
  base: TensorCollection,
): AsyncGenerator<Uint8Array> {
  const { begin, end, shape } = base.tensors.get(from.key)!;
  const byteLength = shape.join() === planned.shape.join() ? end - begin : bytesOf(planned.shape, from.dtype);
  const copiedLength = Math.min(end - begin, byteLength);
  const converted = (bytes: Uint8Array) =>
    from.dtype === planned.dtype ? bytes : encode(planned, decodeToFloat32(bytes, from.dtype));
  for (let offset = 0; offset < copiedLength; offset += pieceBytes) {
    yield converted(await base.readBytes(from.key, { offset, length: Math.min(pieceBytes, copiedLength - offset) }));
  }
  if (byteLength > copiedLength) yield converted(new Uint8Array(byteLength - copiedLength));
}

function bytesOf(shape: readonly number[], dtype: Dtype): number {
  return (shape.reduce((product, size) => product * size, 1) * bitsOf(dtype)) / 8;
}

function encode({ key, dtype }: PlannedTensor, values: Float32Array): Uint8Array {
  if (!isEncodable(dtype)) throw unwritableTypeError(key, dtype);
  try {
    return encodeNumbers(values, dtype);
  } catch (cause) {
    if (cause instanceof SafetensorsError && cause.code === "ValueOutOfRange")
      throw exportOverflowError(key, dtype, { cause });
    throw cause;
  }
}

function isEncodable(dtype: Dtype): dtype is Dtype & EncodableDtype {
  return encodable.has(dtype) && bitsOf(dtype) > 0;
}
