// The bytes of one exported tensor, made when their turn comes.

import { siteKinds } from "@lowrank/math";
import {
  bitsOf,
  type Dtype,
  decodeToFloat32,
  type EncodableDtype,
  encodeNumbers,
  SafetensorsError,
  type StreamedTensor,
  type TensorCollection,
} from "@lowrank/safetensors";
import * as tf from "@tensorflow/tfjs-core";
import { ExportOverflowError, UnwritableTypeError } from "./errors.ts";
import type { ExportableModel } from "./exportable-model.ts";
import type { PlannedTensor } from "./plan-tensors.ts";

/** Bytes of the base that are in memory at once while a tensor is copied; a multiple of every element's size. */
const pieceBytes = 1 << 24;

const encodable: ReadonlySet<string> = new Set(["F64", "F32", "F16", "BF16"]);

/** A planned tensor that can be streamed into a file. */
export function streamTensor(
  planned: PlannedTensor,
  model: ExportableModel,
  base: TensorCollection | undefined,
): StreamedTensor {
  const { key, dtype, shape, from } = planned;
  return {
    name: key,
    dtype,
    shape,
    pieces: () => (from.kind === "model" ? modelPieces(planned, model, from.path) : basePieces(planned, from, base!)),
  };
}

async function* modelPieces(planned: PlannedTensor, model: ExportableModel, path: string): AsyncGenerator<Uint8Array> {
  const value = readAsStored(model, path);
  try {
    yield encode(planned, await value.data<"float32">());
  } finally {
    value.dispose();
  }
}

/** The model's present value with its axes as files store them. */
function readAsStored(model: ExportableModel, path: string): tf.Tensor {
  return tf.tidy(() => {
    const parameter = model.parameters().find((one) => one.path === path);
    if (parameter) return parameter.transposedInFile ? tf.transpose(parameter.read()) : parameter.read();
    const site = model.sites().find((one) => `${one.path}.weight` === path);
    if (!site) throw new Error(`The model has no parameter "${path}".`);
    return siteKinds[site.kind].weightLayout(site).toFile(site.readWeight());
  });
}

/** The base's bytes, as many as there is room for, and zeros for the rest: a buffer over tokens may be resized. */
async function* basePieces(
  planned: PlannedTensor,
  from: { readonly key: string; readonly dtype: Dtype },
  base: TensorCollection,
): AsyncGenerator<Uint8Array> {
  const { begin, end, shape } = base.tensors.get(from.key)!;
  const wanted = shape.join() === planned.shape.join() ? end - begin : bytesOf(planned.shape, from.dtype);
  const present = Math.min(end - begin, wanted);
  const written = (bytes: Uint8Array) =>
    from.dtype === planned.dtype ? bytes : encode(planned, decodeToFloat32(bytes, from.dtype));
  for (let offset = 0; offset < present; offset += pieceBytes) {
    yield written(await base.readBytes(from.key, { offset, length: Math.min(pieceBytes, present - offset) }));
  }
  if (wanted > present) yield written(new Uint8Array(wanted - present));
}

function bytesOf(shape: readonly number[], dtype: Dtype): number {
  return (shape.reduce((product, size) => product * size, 1) * bitsOf(dtype)) / 8;
}

function encode({ key, dtype }: PlannedTensor, values: Float32Array): Uint8Array {
  if (!isEncodable(dtype)) throw new UnwritableTypeError(key, dtype);
  try {
    return encodeNumbers(values, dtype);
  } catch (cause) {
    if (cause instanceof SafetensorsError && cause.code === "ValueOutOfRange")
      throw new ExportOverflowError(key, dtype, { cause });
    throw cause;
  }
}

function isEncodable(dtype: Dtype): dtype is Dtype & EncodableDtype {
  return encodable.has(dtype) && bitsOf(dtype) > 0;
}
