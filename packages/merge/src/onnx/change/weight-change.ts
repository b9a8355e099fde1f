// The changes of one weight of an ONNX model: whether they fit it, and its new bytes.

import { transposed } from "@lowrank/adapter-format/internal";
import { decodeToFloat32 } from "@lowrank/safetensors";
import { type ByteSource, bitsOf } from "@lowrank/safetensors/internal";
import type { LoraChange, WholeChange } from "../adapter/adapter-changes.ts";
import { rowsAndColumns, storedBytes } from "../model/node-attributes.ts";
import { type FloatType, floatTypeOf, type OnnxTensor } from "../model/onnx-model.ts";
import type { OnnxWeight, Outputs } from "../sites/onnx-site.ts";
import type { LaterBytes } from "../wire/fields.ts";
import { checkedNumbers } from "./checked-numbers.ts";
import { LoraFold, type WeightRows } from "./fold.ts";

/** A low-rank update or a new value for a weight. */
export type WeightChange =
  | {
      readonly kind: "lora";
      readonly layout: OnnxWeight["layout"];
      readonly lora: LoraChange;
      /** The outputs of the module, if several modules share the weight. */
      readonly outputs: Outputs | undefined;
    }
  /** `isTransposed`: the file's matrix is transposed. */
  | { readonly kind: "whole"; readonly value: WholeChange["value"]; readonly isTransposed: boolean };

/** Whether two changes of a weight share outputs. */
export function meets(one: WeightChange, other: WeightChange): boolean {
  if (one.kind === "whole" || other.kind === "whole") return true;
  const [first, second] = [one.outputs, other.outputs];
  return first === undefined || second === undefined || (first.begin < second.end && second.begin < first.end);
}

/** Numbers of a weight in memory at a time; at least one row. */
const blockNumbers = 2 ** 22;

/** Why a tensor cannot be changed. */
export function changeMisfit(tensor: OnnxTensor, change: WeightChange): string | undefined {
  const type = floatTypeOf(tensor.elementType);
  if (type === undefined) return `its numbers are of ONNX's type ${tensor.elementType}, which is not a float type`;
  if (tensor.bytes === undefined) return "its values are not one block of bytes";
  const length = tensor.shape.reduce((product, size) => product * size, bitsOf(type) / 8);
  if (tensor.bytes.length !== length) return `its values are ${tensor.bytes.length} bytes, expected ${length}`;
  return sizesMisfit(tensor.shape, change);
}

/** The new bytes of a tensor. `changes` must fit it. */
export function changedBytes(
  tensor: OnnxTensor,
  changes: readonly WeightChange[],
  outside: ReadonlyMap<string, ByteSource>,
): LaterBytes {
  const type = floatTypeOf(tensor.elementType) ?? "F32";
  const [whole] = changes.filter((change) => change.kind === "whole");
  async function* pieces(): AsyncGenerator<Uint8Array> {
    if (whole !== undefined) {
      const values = whole.isTransposed ? transposed(whole.value).values : whole.value.values;
      yield checkedNumbers(tensor.name, values, type);
      return;
    }
    const folds = changes.flatMap((change) => {
      if (change.kind !== "lora") return [];
      const { lora, layout, outputs } = change;
      return [new LoraFold(lora, { layout, begin: outputs?.begin ?? 0 })];
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
  const max = Math.max(1, Math.floor(blockNumbers / columns));
  for (let first = 0; first < rows; first += max) {
    const [begin, end] = [first, Math.min(rows, first + max)].map((row) => (row * columns * bitsOf(type)) / 8);
    const stored = await storedBytes(bytes, [begin ?? 0, end ?? 0], outside);
    yield { values: decodeToFloat32(stored, type), columns, first };
  }
}

/** Why a change does not fit a weight of that shape. */
function sizesMisfit(shape: readonly number[], change: WeightChange): string | undefined {
  if (change.kind === "whole") {
    const dims = change.isTransposed ? [...change.value.shape].reverse() : change.value.shape;
    return dims.join() === shape.join() ? undefined : `it is [${shape}], and the adapter has [${change.value.shape}]`;
  }
  const { layout, lora, outputs: outputRange } = change;
  const [rank = 0] = lora.a.shape;
  const sizes = [lora.a.values.length / rank, lora.b.values.length / rank];
  const [rows, columns] = rowsAndColumns(shape);
  const [inputs, all] = layout === "out-in" ? [columns, rows] : [rows, columns];
  const outputs = outputRange === undefined ? all : outputRange.end - outputRange.begin;
  if (sizes[0] === inputs && sizes[1] === outputs) return undefined;
  return `its weight maps ${inputs} to ${outputs}, and the adapter's A and B ${sizes[0]} to ${sizes[1]}`;
}
