// Cross-entropy straight from hidden states, through an output head of [classes, features]. Logits exist for some classes at a
// time, and become exponentials in their place, which are multiplied with the head again. What earlier classes have summed
// up shrinks as larger logits come (Milakov and Gimelshein 2018).

import type * as tf from "@tensorflow/tfjs-core";
import { headIn } from "../../../kernels/borrowed-head.ts";
import { type GpuMatrix, packedWeightsOf } from "../gpu-packed-weights.ts";
import { numbersOf, readerOf } from "../packed-layout.ts";
import { runShader, type Shader, shaderOnce, typesOf } from "../run-shader.ts";
import { type GpuKernel, type GpuKernelCall, inputOf, maximumOfLanes, sumOfLanes } from "./gpu-kernel.ts";
import { keyOf, type Product, type Tile, tiledProducts, tileFor, tilesOf } from "./tiled-product.ts";

/** Logits that exist at one time: 32 MB for at most 16 384 classes. */
const [pieceEntries, pieceClasses] = [1 << 23, 1 << 14];
/** For each row of hidden states: its largest logit, the sum of its exponentials, how much the sums before shrink, and the label's probability less 1. */
const stateSize = 4;
const lanes = 256;

/** The head as a shader reads it: `matrix`, and an entry of it. */
interface Head {
  readonly key: string;
  readonly matrix: tf.TensorInfo | GpuMatrix;
  readonly type: "f32" | "u32";
  readonly entry: (row: string, feature: string) => string;
  readonly declarations: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * hidden [rows, features], int32 labels [rows], bias [classes] and a head [classes, features], which is a tensor or packed →
 * losses [rows] (of class 0 where the label is negative) and, if `isDifferentiated`, their gradients for hidden.
 */
export const headLoss: GpuKernel = (call) => {
  const { backend } = call;
  const { classes, features } = headIn(call.attributes);
  const hidden = inputOf(call, "hidden");
  const rows = hidden.shape[0] ?? 0;
  const width = Math.min(classes, pieceClasses, Math.max(64, Math.floor(pieceEntries / rows / 64) * 64));
  const make = (...shape: number[]) => backend.makeTensorInfo(shape, "float32");
  const [losses, labelLogits, state] = [make(rows), make(rows), make(rows, stateSize)];
  const gradient = call.attributes.isDifferentiated === true ? make(rows, features) : undefined;
  const buffers = { hidden, labels: inputOf(call, "labels"), bias: call.inputs.bias, losses, labelLogits, state };
  const head = headOf(call);
  for (let first = 0; first < classes; first += width) {
    const columns = Math.min(width, classes - first);
    const logits = make(rows, columns);
    const sizes = { rows, columns, classes, features, first };
    computePiece(call, head, { sizes, gradient, buffers: { ...buffers, logits } });
    backend.disposeData(logits.dataId);
  }
  for (const { dataId } of [labelLogits, state]) backend.disposeData(dataId);
  return gradient === undefined ? [losses] : [losses, gradient];
};

function headOf({ inputs, attributes, backend }: GpuKernelCall): Head {
  const { packed } = headIn(attributes);
  if (packed === undefined) {
    if (inputs.head === undefined) throw new Error("The kernel of a head's loss was given no head.");
    const entry = (row: string, feature: string) => `matrix[(${row}) * numbers.features + ${feature}]`;
    return { key: "float32", matrix: inputs.head, type: "f32", entry, declarations: "", numbers: {} };
  }
  const matrix = packedWeightsOf(backend).find(packed.weight);
  const [declarations, numbers] = [readerOf(matrix, "matrix"), numbersOf(matrix, "matrix")];
  const entry = (row: string, feature: string) => {
    return packed.isTransposed ? `matrixEntry(${row}, ${feature})` : `matrixEntry(${feature}, ${row})`;
  };
  return { key: `${packed.isTransposed} ${declarations}`, matrix, type: "u32", entry, declarations, numbers };
}

/** Some neighbouring classes. */
interface Piece {
  readonly sizes: Readonly<Record<"rows" | "columns" | "classes" | "features" | "first", number>>;
  readonly buffers: Readonly<
    Record<"hidden" | "labels" | "losses" | "labelLogits" | "state" | "logits", tf.TensorInfo>
  > & { readonly bias: tf.TensorInfo | undefined };
  readonly gradient: tf.TensorInfo | undefined;
}

function computePiece({ backend }: GpuKernelCall, head: Head, { sizes, buffers, gradient }: Piece): void {
  const { hidden, labels, bias, losses, labelLogits, state, logits } = buffers;
  const { rows, columns, features } = sizes;
  const { matrix } = head;
  const tile = tileFor(rows, columns);
  const numbers = { ...sizes, ...head.numbers, hasBias: bias === undefined ? 0 : 1 };
  runShader(backend, logitsShader(head, tile), {
    inputs: { hidden, matrix, bias: bias ?? hidden, labels },
    outputs: { logits, labelLogits },
    numbers,
    groups: tilesOf(tile, rows, columns),
  });
  runShader(backend, exponentialsShader, {
    inputs: { labelLogits, labels },
    outputs: { logits, state, losses },
    numbers: sizes,
    groups: rows,
  });
  if (gradient === undefined) return;
  const wide = tileFor(rows, features);
  runShader(backend, gradientShader(head, wide), {
    inputs: { logits, matrix, state, labels },
    outputs: { gradient },
    numbers,
    groups: tilesOf(wide, rows, features),
  });
}

const sizeTypes = typesOf({ rows: 0, columns: 0, classes: 0, features: 0, first: 0 });

/** A product with the head as a shader. */
function headShader<Parts extends Pick<Shader, "inputs" | "outputs">>(
  name: string,
  head: Head,
  tile: Tile,
  write: () => Parts & { readonly multiply: Product },
) {
  return shaderOnce(`head ${name} ${keyOf(tile)} ${head.key}`, () => {
    const { multiply, ...parts } = write();
    const product = tiledProducts(tile, { multiply });
    return {
      ...product,
      ...parts,
      numbers: { ...sizeTypes, ...typesOf(head.numbers), hasBias: "u32" as const },
      declarations: `${head.declarations}${product.declarations}`,
      code: "multiply(group, lane);",
    };
  });
}

/** hidden·headᵀ + bias, and the labels' logits by themselves. A label that is negative counts as class 0. */
function logitsShader(head: Head, tile: Tile) {
  return headShader("logits", head, tile, () => ({
    inputs: { hidden: "f32", matrix: head.type, bias: "f32", labels: "i32" },
    outputs: { logits: "f32", labelLogits: "f32" } as const,
    multiply: {
      left: { entry: "hidden[row * numbers.features + inner]", neighbours: "inner" },
      right: { entry: head.entry("numbers.first + column", "inner"), neighbours: "inner" },
      inner: "numbers.features",
      store: `var logit = sum;
        let class_ = numbers.first + column;
        if (numbers.hasBias == 1) { logit += bias[class_]; }
        logits[row * numbers.columns + column] = logit;
        if (class_ == u32(max(labels[row], 0))) { labelLogits[row] = logit; }`,
    },
  }));
}

/** Logits become exponentials, that of the label 0: its part of the gradient is computed from the logit itself. */
const exponentialsShader = {
  key: "head exponentials",
  inputs: { labelLogits: "f32", labels: "i32" },
  outputs: { logits: "f32", state: "f32", losses: "f32" },
  numbers: sizeTypes,
  lanes,
  declarations: sumOfLanes(lanes) + maximumOfLanes(lanes),
  code: `let start = group * numbers.columns;
  let isFirst = numbers.first == 0;
  let before = select(state[${stateSize} * group], -3e38, isFirst);
  var laneMax = before;
  for (var i = lane; i < numbers.columns; i += ${lanes}) { laneMax = max(laneMax, logits[start + i]); }
  let largest = maximumOfLanes(laneMax, lane);
  let place = u32(max(labels[group], 0)) - numbers.first;
  var sum = 0.0;
  for (var i = lane; i < numbers.columns; i += ${lanes}) {
    let exponential = exp(logits[start + i] - largest);
    sum += exponential;
    logits[start + i] = select(exponential, 0.0, i == place);
  }
  let sumOfPiece = sumOfLanes(sum, lane);
  if (lane > 0) { return; }
  let shrink = exp(before - largest);
  let total = select(state[${stateSize} * group + 1] * shrink, 0.0, isFirst) + sumOfPiece;
  state[${stateSize} * group] = largest;
  state[${stateSize} * group + 1] = total;
  state[${stateSize} * group + 2] = shrink;
  if (numbers.first + numbers.columns < numbers.classes) { return; }
  state[${stateSize} * group + 3] = exp(labelLogits[group] - largest) / total - 1;
  losses[group] = largest + log(total) - labelLogits[group];`,
} as const;

/** exponentials·head is added to what is there; after the last class, it is divided by all exponentials' sum. */
function gradientShader(head: Head, tile: Tile) {
  return headShader("gradient", head, tile, () => ({
    inputs: { logits: "f32", matrix: head.type, state: "f32", labels: "i32" },
    outputs: { gradient: "f32" } as const,
    multiply: {
      left: { entry: "logits[row * numbers.columns + inner]", neighbours: "inner" },
      right: { entry: head.entry("numbers.first + inner", "column"), neighbours: "outer" },
      columns: "numbers.features",
      inner: "numbers.columns",
      store: `let i = row * numbers.features + column;
        var value = sum;
        if (numbers.first > 0) { value += gradient[i] * state[${stateSize} * row + 2]; }
        if (numbers.first + numbers.columns == numbers.classes) {
          let label = min(u32(max(labels[row], 0)), numbers.classes - 1);
          value = value / state[${stateSize} * row + 1] + ${head.entry("label", "column")} * state[${stateSize} * row + 3];
        }
        gradient[i] = value;`,
    },
  }));
}
