// The recorder's kernels: each of TensorFlow.js's, and of this package's own, as nodes of ONNX. Shapes are computed here as well,
// because the recorder has nothing else to know them from.

import * as tf from "@tensorflow/tfjs-core";
import { elementTypes } from "../engines/native/runtime/onnx-model.ts";
import { type Recorded, Recorder, recorderName, recordingError, typeOf } from "./recorder.ts";

interface Call {
  readonly to: Recorder;
  /** The kernel's inputs, in tfjs-core's order; a rule reads only those that its kernel has. */
  readonly inputs: readonly [Recorded, Recorded, Recorded, ...Recorded[]];
  readonly attributes: Attributes;
}

/** The attributes of all kernels; each kernel has a few of them. */
interface Attributes {
  readonly axis?: number | readonly number[];
  readonly reductionIndices?: readonly number[];
  readonly keepDims?: boolean;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly dim: number;
  readonly perm: readonly number[];
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly numOrSizeSplits: number | number[];
  readonly batchDims?: number;
  readonly reps: readonly number[];
  readonly value: number;
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly epsilon: number;
  readonly gainOffset?: number;
  readonly scale: number;
  readonly cap: number;
}

type Rule = (call: Call) => Recorded | readonly Recorded[];

const same =
  (op: string, attributes = {}): Rule =>
  ({ to, inputs: [x] }) =>
    to.node(op, [x.name], x.shape, x.dtype, attributes);

const broadcast =
  (op: string, dtype?: tf.DataType) =>
  ({ to, inputs: [a, b] }: Call): Recorded =>
    to.node(op, [a.name, b.name], broadcastShape(a.shape, b.shape), dtype ?? a.dtype);

const reduce =
  (op: string): Rule =>
  ({ to, inputs: [x], attributes: { axis, reductionIndices, keepDims = false } }) => {
    const all = x.shape.map((_, position) => position);
    const axes = tf.util.parseAxisParam((reductionIndices ?? axis ?? all) as number[], [...x.shape]);
    const shape = x.shape.flatMap((size, position) => (axes.includes(position) ? (keepDims ? [1] : []) : [size]));
    return to.node(op, [x.name, to.graph.integers(axes)], shape, x.dtype, { keepdims: keepDims ? 1 : 0 });
  };

const norm =
  (op: string): Rule =>
  ({ to, inputs, attributes: { epsilon, gainOffset = 0 } }) => {
    const [x, gain, bias] = inputs;
    const gains = gainOffset === 0 ? gain.name : to.graph.shift(gain.name, gainOffset);
    const names = inputs.length < 3 ? [x.name, gains] : [x.name, gains, bias.name];
    const y = to.node(op, names, x.shape, x.dtype, { epsilon: { float: epsilon }, axis: -1 });
    // A second output that only a gradient would read, which a graph does not have.
    const column = { name: "", shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype };
    return [y, column, column];
  };

/** Heads that share a key have an axis of their own: queries [batch, keyHeads, group, time, headSize]. */
const attention: Rule = ({ to, inputs: [query, key, value, mask], attributes: { scale, cap } }) => {
  const [batch = 1, heads = 1, time = 1] = query.shape;
  const [, keyHeads = heads] = key.shape;
  const split = ({ shape: [rows = 1, all = 1, ...rest] }: Recorded) =>
    all === 1 ? [rows, 1, 1, ...rest] : [rows, keyHeads, all / keyHeads, ...rest];
  const grouped = (x: Recorded) => (keyHeads === heads ? x : reshaped(to, x, split(x)));
  const { graph } = to;
  const scaled = { ...query, name: graph.scale(query.name, scale) };
  const scores = product(to, grouped(scaled), grouped(key), { transposeB: true });
  const capped = cap === 0 ? scores.name : graph.scale(graph.node("Tanh", [graph.scale(scores.name, 1 / cap)]), cap);
  const masked = mask === undefined ? capped : graph.add(capped, grouped(mask).name);
  const weights = to.node("Softmax", [masked], scores.shape, "float32", { axis: -1 });
  const mixed = product(to, weights, grouped(value), {});
  return [reshaped(to, mixed, [batch, heads, time, value.shape[3] ?? 1])];
};

function reshaped(to: Recorder, x: Recorded, shape: readonly number[]): Recorded {
  if (tf.util.arraysEqual([...x.shape], [...shape])) return x;
  // 0 copies a size and −1 is counted; most shapes need nothing else.
  const sizes = shape.map((size, axis) => (to.varies(size) && size === x.shape[axis] ? 0 : size));
  const open = sizes.filter((size) => to.varies(size));
  const counted = sizes.map((size) => (to.varies(size) ? -1 : size));
  return to.node(
    "Reshape",
    [x.name, open.length > 1 ? to.integers(shape) : to.graph.integers(counted)],
    shape,
    x.dtype,
  );
}

function sliced(to: Recorder, x: Recorded, begin: readonly number[], size: readonly number[]): Recorded {
  const axes = x.shape.flatMap((axisSize, axis) => (size[axis] === axisSize ? [] : [axis]));
  if (axes.length === 0) return x;
  const from = axes.map((axis) => begin[axis] ?? 0);
  const ends = axes.map((axis, position) => (from[position] ?? 0) + (size[axis] ?? 0));
  const until = ends.map((end, position) => (end === x.shape[axes[position] ?? 0] ? 2 ** 31 - 1 : end));
  return to.node("Slice", [x.name, to.integers(from), to.integers(until), to.graph.integers(axes)], size, x.dtype);
}

function transposed(to: Recorder, x: Recorded, perm: readonly number[]): Recorded {
  const shape = perm.map((axis) => x.shape[axis] ?? 1);
  return to.node("Transpose", [x.name], shape, x.dtype, { perm });
}

function product(to: Recorder, a: Recorded, b: Recorded, { transposeA, transposeB }: Partial<Attributes>): Recorded {
  const swapped = (x: Recorded) => {
    const axes = x.shape.map((_, axis) => axis);
    return transposed(to, x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
  };
  const [left, right] = [transposeA ? swapped(a) : a, transposeB ? swapped(b) : b];
  const leading = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...leading, left.shape.at(-2) ?? 1, right.shape.at(-1) ?? 1];
  return to.node("MatMul", [left.name, right.name], shape, a.dtype);
}

function cast(to: Recorder, x: Recorded, dtype: tf.DataType): Recorded {
  return x.dtype === dtype ? x : to.node("Cast", [x.name], x.shape, dtype, { to: elementTypes[typeOf(dtype)] });
}

function filled(to: Recorder, value: number, { shape, dtype }: Pick<Recorded, "shape" | "dtype">): Recorded {
  const one = to.scalar(value, dtype);
  return shape.length === 0 ? one : to.node("Expand", [one.name, to.integers(shape)], shape, dtype);
}

function joined(to: Recorder, parts: readonly Recorded[], axis: number): Recorded {
  const shape = tf.backend_util.computeOutShape(
    parts.map((part) => [...part.shape]),
    axis,
  );
  const names = parts.map(({ name }) => name);
  return to.node("Concat", names, shape, parts[0]?.dtype ?? "float32", { axis });
}

function widened(to: Recorder, x: Recorded, axis: number): Recorded {
  const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
  return to.node("Unsqueeze", [x.name, to.graph.integers([axis])], shape, x.dtype);
}

function gathered({ to, inputs: [x, indices], attributes: { axis, batchDims = 0 } }: Call): Recorded {
  const [position = 0] = tf.util.parseAxisParam(axis as number, [...x.shape]);
  const shape = [...x.shape.slice(0, position), ...indices.shape.slice(batchDims), ...x.shape.slice(position + 1)];
  if (batchDims === 0) return to.node("Gather", [x.name, indices.name], shape, x.dtype, { axis: position });
  if (position !== batchDims) throw recordingError("a look-up is not along the axis after those of the batch");
  const wide = widened(to, indices, indices.shape.length);
  const indices64 = to.graph.node("Cast", [wide.name], { to: elementTypes.int64 });
  return to.node("GatherND", [x.name, indices64], shape, x.dtype, { batch_dims: batchDims });
}

function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape([...a], [...b]);
}

function axisOf({ inputs: [x], attributes: { axis } }: Call): number {
  return tf.util.parseAxisParam(axis as number, [...x.shape])[0] ?? 0;
}

const sameNames = ["Exp", "Log", "Sqrt", "Neg", "Abs", "Tanh", "Sigmoid", "Erf", "Relu", "Sin", "Cos", "Softplus"];

const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(sameNames.map((op) => [op, same(op)])),
  Add: broadcast("Add"),
  Sub: broadcast("Sub"),
  Multiply: broadcast("Mul"),
  RealDiv: broadcast("Div"),
  Maximum: broadcast("Max"),
  Minimum: broadcast("Min"),
  Equal: broadcast("Equal", "bool"),
  Greater: broadcast("Greater", "bool"),
  GreaterEqual: broadcast("GreaterOrEqual", "bool"),
  LessEqual: broadcast("LessOrEqual", "bool"),
  LogicalOr: broadcast("Or", "bool"),
  NotEqual: (call) => {
    const { name, shape, dtype } = broadcast("Equal", "bool")(call);
    return call.to.node("Not", [name], shape, dtype);
  },
  Square: ({ to, inputs: [x] }) => to.node("Mul", [x.name, x.name], x.shape, x.dtype),
  Rsqrt: ({ to, inputs: [x] }) => to.node("Reciprocal", [to.graph.node("Sqrt", [x.name])], x.shape, x.dtype),
  AddN: ({ to, inputs }) => {
    const names = inputs.map(({ name }) => name);
    return to.node("Sum", names, inputs[0].shape, inputs[0].dtype);
  },
  Sum: reduce("ReduceSum"),
  Mean: reduce("ReduceMean"),
  Max: reduce("ReduceMax"),
  ArgMax: (call) => {
    const { to, inputs } = call;
    const [{ name, shape }] = inputs;
    const axis = axisOf(call);
    const outputShape = shape.filter((_, position) => position !== axis);
    return cast(to, to.node("ArgMax", [name], outputShape, "float32", { axis, keepdims: 0 }), "int32");
  },
  Softmax: same("Softmax", { axis: -1 }),
  Cumsum: (call) => {
    const { to, inputs } = call;
    const [{ name, shape, dtype }] = inputs;
    return to.node("CumSum", [name, to.scalar(axisOf(call), "int32").name], shape, dtype);
  },
  BatchMatMul: ({ to, inputs: [a, b], attributes }) => product(to, a, b, attributes),
  Identity: ({ inputs: [x] }) => x,
  Cast: ({ to, inputs: [x], attributes: { dtype } }) => cast(to, x, dtype),
  Reshape: ({ to, inputs: [x], attributes: { shape } }) =>
    reshaped(to, x, tf.util.inferFromImplicitShape([...shape], tf.util.sizeFromShape([...x.shape]))),
  ExpandDims: ({ to, inputs: [input], attributes: { dim } }) =>
    widened(to, input, dim < 0 ? dim + input.shape.length + 1 : dim),
  Transpose: ({ to, inputs: [x], attributes: { perm } }) => transposed(to, x, perm),
  Concat: (call) => joined(call.to, call.inputs, axisOf(call)),
  Pack: ({ to, inputs, attributes: { axis } }) =>
    joined(
      to,
      inputs.map((part) => widened(to, part, axis as number)),
      axis as number,
    ),
  Unpack: (call) => {
    const { to, inputs } = call;
    const [{ name, shape, dtype }] = inputs;
    const axis = axisOf(call);
    const outputShape = shape.filter((_, position) => position !== axis);
    return Array.from({ length: shape[axis] ?? 0 }, (_, position) =>
      to.node("Gather", [name, to.scalar(position, "int32").name], outputShape, dtype, { axis }),
    );
  },
  Slice: ({ to, inputs: [x], attributes }) => {
    const [begin, size] = tf.slice_util.parseSliceParams(shapeOnly(x), [...attributes.begin], [...attributes.size]);
    return sliced(to, x, begin ?? [], size ?? []);
  },
  SplitV: (call) => {
    const [x] = call.inputs;
    const axis = axisOf(call);
    let start = 0;
    return tf.backend_util.prepareSplitSize(shapeOnly(x), call.attributes.numOrSizeSplits, axis).map((size) => {
      const begin = x.shape.map((_, position) => (position === axis ? start : 0));
      start += size;
      const part = x.shape.map((axisSize, position) => (position === axis ? size : axisSize));
      return sliced(call.to, x, begin, part);
    });
  },
  GatherV2: gathered,
  Tile: ({ to, inputs: [x], attributes: { reps } }) => {
    const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
    return to.node("Tile", [x.name, to.integers(reps)], shape, x.dtype);
  },
  Select: ({ to, inputs: [condition, t, e] }) => to.node("Where", [condition.name, t.name, e.name], t.shape, t.dtype),
  Fill: ({ to, attributes: { value, shape, dtype = "float32" } }) => filled(to, value, { shape, dtype }),
  ZerosLike: ({ to, inputs: [x] }) => filled(to, 0, x),
  Range: ({ to, attributes: { start, stop, step, dtype } }) => {
    const limits = [start, stop, step].map((value) => to.scalar(value, dtype).name);
    return to.node("Range", limits, [Math.ceil((stop - start) / step)], dtype);
  },
  LowrankLayerNorm: norm("LayerNormalization"),
  LowrankRmsNorm: norm("SimplifiedLayerNormalization"),
  LowrankGeluErf: same("Gelu", { approximate: "none" }),
  LowrankGeluTanh: same("Gelu", { approximate: "tanh" }),
  LowrankAttention: attention,
};

/** TensorFlow.js's functions of shapes take tensors. */
function shapeOnly({ shape }: Recorded): tf.Tensor {
  return { shape, rank: shape.length } as unknown as tf.Tensor;
}

/** Registers them, once for the process. */
export function registerRecorderKernels(): void {
  if (tf.getKernel("Add", recorderName) != null) return;
  for (const [kernelName, rule] of Object.entries(rules)) {
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc: ({ inputs, attrs, backend: to }) => {
        if (!(to instanceof Recorder)) throw new Error(`The kernel ${kernelName} was run on another backend.`);
        const presentInputs = Object.values(inputs).filter((tensor) => tensor != null);
        const recorded = presentInputs.map((tensor) => to.recordedOf(tensor as tf.TensorInfo));
        const attributes = (attrs ?? {}) as unknown as Attributes;
        const results = rule({ to, inputs: recorded as unknown as Call["inputs"], attributes });
        return "name" in results ? to.infoOf(results) : results.map((result) => to.infoOf(result));
      },
    });
  }
}
