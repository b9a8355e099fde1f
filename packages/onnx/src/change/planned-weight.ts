// What becomes of a weight whose numbers lie in the file.

import { firstBeyond, turned } from "@lowrank/adapter-format";
import { type ByteSource, bitsOf, decodeToFloat32, encodeNumbers } from "@lowrank/safetensors";
import type { PairChange, WholeChange } from "../adapter/adapter-changes.ts";
import { type FloatType, floatTypeOf } from "../model/element-types.ts";
import type { OnnxTensor } from "../model/onnx-model.ts";
import type { OnnxWeight } from "../sites/onnx-site.ts";
import type { LaterBytes } from "../wire/fields.ts";
import { foldPair } from "./fold.ts";
import { OnnxOverflowError } from "./overflow-error.ts";

/** A pair, or another value, for a weight. */
export type WeightChange =
  | { readonly kind: "pair"; readonly layout: OnnxWeight["layout"]; readonly pair: PairChange }
  /** `isTurned`: the file has the matrix the other way round. */
  | { readonly kind: "whole"; readonly value: WholeChange["value"]; readonly isTurned: boolean };

/** Bytes that will take the place of a tensor's; or why they cannot. */
export function changedBytes(
  tensor: OnnxTensor,
  change: WeightChange,
  outside: ReadonlyMap<string, ByteSource>,
): LaterBytes | string {
  const type = floatTypeOf(tensor.elementType);
  if (type === undefined) return `its numbers are of ONNX's type ${tensor.elementType}, which holds no floats`;
  const { bytes } = tensor;
  if (bytes === undefined) return "its numbers are not written as one block";
  const length = tensor.shape.reduce((product, size) => product * size, bitsOf(type) / 8);
  if (bytes.length !== length) return `its numbers are ${bytes.length} bytes, ${length} are expected`;
  const misfit = sizesMisfit(tensor.shape, change);
  if (misfit !== undefined) return misfit;
  const make = async (): Promise<Uint8Array> => {
    if (change.kind === "whole") return encoded(tensor.name, ownValue(change), type);
    const stored =
      bytes instanceof Uint8Array ? bytes : await outside.get(bytes.location)!.read(bytes.offset, bytes.length);
    const values = decodeToFloat32(stored, type);
    foldPair(values, change.layout, change.pair);
    return encoded(tensor.name, values, type);
  };
  return { length, make };
}

/** Why a change does not fit a weight of that shape. */
function sizesMisfit(shape: readonly number[], change: WeightChange): string | undefined {
  if (change.kind === "whole") {
    const own = change.isTurned ? [...change.value.shape].reverse() : change.value.shape;
    return own.join() === shape.join() ? undefined : `it is [${shape}], and the adapter has [${change.value.shape}]`;
  }
  const { layout, pair } = change;
  const [rank = 0] = pair.a.shape;
  const sizes = [pair.a.values.length / rank, pair.b.values.length / rank];
  const [rows = 0, ...rest] = shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  const [inputs, outputs] = layout === "out-in" ? [columns, rows] : [rows, columns];
  if (sizes[0] === inputs && sizes[1] === outputs) return undefined;
  return `its weight maps ${inputs} to ${outputs}, and the adapter's pair ${sizes[0]} to ${sizes[1]}`;
}

function ownValue({ value, isTurned }: Extract<WeightChange, { readonly kind: "whole" }>): Float32Array {
  return isTurned ? turned(value).values : value.values;
}

function encoded(name: string, values: Float32Array, type: FloatType): Uint8Array {
  const position = firstBeyond(values, type);
  if (position >= 0) throw new OnnxOverflowError(name, position, values[position] ?? Number.NaN, type);
  return encodeNumbers(values, type);
}
