// A weight's new numbers, planned: what does not fit is said before anything is read, and the numbers are made when they are
// written, a block of rows at a time.

import { turned } from "@lowrank/adapter-format";
import { type ByteSource, bitsOf, decodeToFloat32 } from "@lowrank/safetensors";
import type { PairChange, WholeChange } from "../adapter/adapter-changes.ts";
import { type FloatType, floatTypeOf } from "../model/element-types.ts";
import type { OnnxTensor } from "../model/onnx-model.ts";
import { rowsAndColumns, storedBytes } from "../model/stored-numbers.ts";
import type { OnnxWeight, Outputs } from "../sites/onnx-site.ts";
import type { LaterBytes } from "../wire/fields.ts";
import { checkedNumbers } from "./checked-numbers.ts";
import { PairFold, type WeightRows } from "./fold.ts";

/** A pair, or another value, for a weight. */
export type WeightChange =
  | {
      readonly kind: "pair";
      readonly layout: OnnxWeight["layout"];
      readonly pair: PairChange;
      /** The outputs that are the pair's, where several modules share the weight. */
      readonly outputs: Outputs | undefined;
    }
  /** `isTurned`: the file has the matrix the other way round. */
  | { readonly kind: "whole"; readonly value: WholeChange["value"]; readonly isTurned: boolean };

/** Numbers of a weight that are in memory at once, unless one row has more. */
const blockNumbers = 2 ** 22;

/** Why a change cannot be made of that tensor. */
export function changeMisfit(tensor: OnnxTensor, change: WeightChange): string | undefined {
  const type = floatTypeOf(tensor.elementType);
  if (type === undefined) return `its numbers are of ONNX's type ${tensor.elementType}, which holds no floats`;
  if (tensor.bytes === undefined) return "its numbers are not written as one block";
  const length = tensor.shape.reduce((product, size) => product * size, bitsOf(type) / 8);
  if (tensor.bytes.length !== length) return `its numbers are ${tensor.bytes.length} bytes, ${length} are expected`;
  return sizesMisfit(tensor.shape, change);
}

/** Bytes that will take the place of a tensor's; `changes` were found to fit. */
export function changedBytes(
  tensor: OnnxTensor,
  changes: readonly WeightChange[],
  outside: ReadonlyMap<string, ByteSource>,
): LaterBytes {
  const type = floatTypeOf(tensor.elementType) ?? "F32";
  const [whole] = changes.filter((change) => change.kind === "whole");
  async function* pieces(): AsyncGenerator<Uint8Array> {
    if (whole !== undefined) {
      const values = whole.isTurned ? turned(whole.value).values : whole.value.values;
      yield checkedNumbers(tensor.name, values, type);
      return;
    }
    const folds = changes.flatMap((change) => {
      if (change.kind !== "pair") return [];
      const { pair, layout, outputs } = change;
      return [new PairFold(pair, { layout, begin: outputs?.begin ?? 0 })];
    });
    const measured = folds.filter(({ isMeasuredFirst }) => isMeasuredFirst);
    if (measured.length > 0)
      for await (const rows of rowsOf(tensor, type, outside)) for (const fold of measured) fold.measure(rows);
    for await (const rows of rowsOf(tensor, type, outside)) {
      for (const fold of folds) fold.fold(rows);
      yield checkedNumbers(tensor.name, rows.values, type, rows.first * rows.columns);
    }
  }
  return { length: tensor.bytes?.length ?? 0, pieces };
}

async function* rowsOf(
  { shape, bytes }: OnnxTensor,
  type: FloatType,
  outside: ReadonlyMap<string, ByteSource>,
): AsyncGenerator<WeightRows> {
  const [rows, columns] = rowsAndColumns(shape);
  const most = Math.max(1, Math.floor(blockNumbers / columns));
  for (let first = 0; first < rows; first += most) {
    const [begin, end] = [first, Math.min(rows, first + most)].map((row) => (row * columns * bitsOf(type)) / 8);
    const stored = await storedBytes(bytes, [begin ?? 0, end ?? 0], outside);
    yield { values: decodeToFloat32(stored, type), columns, first };
  }
}

/** Why a change does not fit a weight of that shape. */
function sizesMisfit(shape: readonly number[], change: WeightChange): string | undefined {
  if (change.kind === "whole") {
    const own = change.isTurned ? [...change.value.shape].reverse() : change.value.shape;
    return own.join() === shape.join() ? undefined : `it is [${shape}], and the adapter has [${change.value.shape}]`;
  }
  const { layout, pair, outputs: own } = change;
  const [rank = 0] = pair.a.shape;
  const sizes = [pair.a.values.length / rank, pair.b.values.length / rank];
  const [rows, columns] = rowsAndColumns(shape);
  const [inputs, all] = layout === "out-in" ? [columns, rows] : [rows, columns];
  const outputs = own === undefined ? all : own.end - own.begin;
  if (sizes[0] === inputs && sizes[1] === outputs) return undefined;
  return `its weight maps ${inputs} to ${outputs}, and the adapter's pair ${sizes[0]} to ${sizes[1]}`;
}
