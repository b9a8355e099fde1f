// The kernels of the recorder: for each of TensorFlow.js's, and of this package's own, nodes of ONNX.

import * as tf from "@tensorflow/tfjs-core";
import { elementNumber, type Recorded, type Recorder, RecordingError, recorderName, typeOf } from "./recorder.ts";

interface Call {
  readonly to: Recorder;
  /** The inputs by name, and as a list. */
  readonly of: Readonly<Record<string, Recorded>>;
  readonly all: readonly Recorded[];
  readonly attributes: tf.NamedAttrMap;
}

type Rule = (call: Call) => Recorded | readonly Recorded[];

const sameShape =
  (op: string, attributes = {}): Rule =>
  ({ to, all: [x] }) =>
    to.node(op, [x!.name], x!.shape, x!.dtype, attributes);

const broadcast =
  (op: string, dtype?: tf.DataType): Rule =>
  ({ to, of }) => {
    const { a, b } = of as Record<"a" | "b", Recorded>;
    const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
    return to.node(op, [a.name, b.name], shape, dtype ?? a.dtype);
  };

const reduce =
  (op: string): Rule =>
  ({ to, of: { x }, attributes }) => {
    const {
      axis = null,
      reductionIndices = axis,
      keepDims = false,
    } = attributes as { axis?: number | number[]; keepDims?: boolean; reductionIndices?: number[] };
    const axes = tf.util.parseAxisParam(reductionIndices ?? x!.shape.map((_, place) => place), [...x!.shape]);
    const shape = x!.shape.flatMap((size, place) => (axes.includes(place) ? (keepDims ? [1] : []) : [size]));
    return to.node(op, [x!.name, to.graph.integers(axes)], shape, x!.dtype, { keepdims: keepDims ? 1 : 0 });
  };

function reshaped(to: Recorder, x: Recorded, shape: readonly number[]): Recorded {
  if (tf.util.arraysEqual([...x.shape], [...shape])) return x;
  // 0 copies a size and −1 is counted; most shapes need nothing else.
  const sizes = shape.map((size, axis) => (to.varies(size) && size === x.shape[axis] ? 0 : size));
  const others = sizes.filter((size) => to.varies(size));
  const target =
    others.length > 1 ? to.integers(shape) : to.graph.integers(sizes.map((size) => (to.varies(size) ? -1 : size)));
  return to.node("Reshape", [x.name, target], shape, x.dtype);
}

function sliced(to: Recorder, x: Recorded, begin: readonly number[], size: readonly number[]): Recorded {
  const axes = x.shape.flatMap((whole, axis) => (size[axis] === whole ? [] : [axis]));
  if (axes.length === 0) return x;
  const at = (list: readonly number[]) => to.integers(axes.map((axis) => list[axis] ?? 0));
  const ends = begin.map((from, axis) => from + (size[axis] ?? 0));
  const toEnd = 2 ** 31 - 1;
  const until = at(ends.map((end, axis) => (end === x.shape[axis] ? toEnd : end)));
  return to.node("Slice", [x.name, at(begin), until, to.graph.integers(axes)], size, x.dtype);
}

function transposed(to: Recorder, x: Recorded, perm: readonly number[]): Recorded {
  return to.node(
    "Transpose",
    [x.name],
    perm.map((axis) => x.shape[axis] ?? 1),
    x.dtype,
    { perm },
  );
}

function product(to: Recorder, a: Recorded, b: Recorded, { transposeA, transposeB }: tf.NamedAttrMap): Recorded {
  const swap = (x: Recorded, isSwapped: unknown) => {
    const rank = x.shape.length;
    const axes = x.shape.map((_, axis) => axis);
    return isSwapped === true ? transposed(to, x, [...axes.slice(0, -2), rank - 1, rank - 2]) : x;
  };
  const [left, right] = [swap(a, transposeA), swap(b, transposeB)];
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...leading, left.shape.at(-2) ?? 1, right.shape.at(-1) ?? 1];
  return to.node("MatMul", [left.name, right.name], shape, a.dtype);
}

function cast(to: Recorder, x: Recorded, dtype: tf.DataType): Recorded {
  if (x.dtype === dtype) return x;
  return to.node("Cast", [x.name], x.shape, dtype, { to: elementNumber(typeOf[dtype] ?? "float32") });
}

const argMax: Rule = ({ to, of: { x }, attributes }) => {
  const [axis = 0] = tf.util.parseAxisParam(attributes.axis as number, [...x!.shape]);
  const shape = x!.shape.filter((_, place) => place !== axis);
  const found = to.node("ArgMax", [x!.name], shape, "float32", { axis, keepdims: 0 });
  return cast(to, found, "int32");
};

function norm(op: string): Rule {
  return ({ to, of, attributes }) => {
    const { x, gain, bias } = of as Record<"x" | "gain" | "bias", Recorded>;
    const { epsilon, gainOffset = 0 } = attributes as { epsilon: number; gainOffset?: number };
    const gains = gainOffset === 0 ? gain.name : to.graph.shift(gain.name, gainOffset);
    const inputs = [x.name, gains, ...(bias === undefined ? [] : [bias.name])];
    const y = to.node(op, inputs, x.shape, x.dtype, { epsilon: { float: epsilon }, axis: -1 });
    const column = { name: "", shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype };
    return bias === undefined ? [y, column] : [y, column, column];
  };
}

/** Heads that share a key are an axis of their own: queries [batch, keyHeads, group, time, headSize]. */
const attention: Rule = ({ to, of, attributes }) => {
  const { query, key, value, mask } = of as Record<"query" | "key" | "value", Recorded> & { mask?: Recorded };
  const { scale, cap } = attributes as { scale: number; cap: number };
  const [batch = 1, heads = 1, time = 1, size = 1] = query.shape;
  const keyHeads = key.shape[1] ?? heads;
  const isGrouped = keyHeads !== heads;
  const byGroup = (x: Recorded) =>
    isGrouped ? reshaped(to, x, [batch, keyHeads, heads / keyHeads, time, x.shape.at(-1) ?? 1]) : x;
  const alone = (x: Recorded) =>
    isGrouped
      ? to.node(
          "Unsqueeze",
          [x.name, to.graph.integers([2])],
          [...x.shape.slice(0, 2), 1, ...x.shape.slice(2)],
          x.dtype,
        )
      : x;
  const { graph } = to;
  const scaled = { ...query, name: graph.scale(query.name, scale) };
  const scores = product(to, byGroup(scaled), alone(key), { transposeB: true });
  const capped = cap === 0 ? scores.name : graph.scale(graph.node("Tanh", [graph.scale(scores.name, 1 / cap)]), cap);
  const hasHeads = mask !== undefined && (mask.shape[1] ?? 1) > 1;
  const fitted =
    mask &&
    (hasHeads && isGrouped
      ? reshaped(to, mask, [mask.shape[0] ?? 1, keyHeads, heads / keyHeads, ...mask.shape.slice(2)])
      : alone(mask));
  const masked = fitted === undefined ? capped : graph.add(capped, fitted.name);
  const weights = to.node("Softmax", [masked], scores.shape, "float32", { axis: -1 });
  const mixed = product(to, weights, alone(value), {});
  return [reshaped(to, mixed, [batch, heads, time, value.shape[3] ?? size])];
};

/** Operations of one tensor that have the same name, or another. */
const ofOne: Readonly<Record<string, string>> = {
  ...{ Exp: "Exp", Log: "Log", Sqrt: "Sqrt", Neg: "Neg", Abs: "Abs", Tanh: "Tanh", Sigmoid: "Sigmoid", Erf: "Erf" },
  ...{
    Relu: "Relu",
    Reciprocal: "Reciprocal",
    Sin: "Sin",
    Cos: "Cos",
    Floor: "Floor",
    LogicalNot: "Not",
    Softplus: "Softplus",
  },
};

const ofTwo: Readonly<Record<string, string>> = {
  ...{ Add: "Add", Sub: "Sub", Multiply: "Mul", RealDiv: "Div", Maximum: "Max", Minimum: "Min" },
};

const comparisons: Readonly<Record<string, string>> = {
  ...{ Equal: "Equal", Greater: "Greater", GreaterEqual: "GreaterOrEqual", Less: "Less", LessEqual: "LessOrEqual" },
  ...{ LogicalAnd: "And", LogicalOr: "Or" },
};

const rules: Readonly<Record<string, Rule>> = {
  ...map(ofOne, (op) => sameShape(op)),
  ...map(ofTwo, (op) => broadcast(op)),
  ...map(comparisons, (op) => broadcast(op, "bool")),
  NotEqual: (call) =>
    to(call).node("Not", [(broadcast("Equal", "bool")(call) as Recorded).name], broadcastShape(call), "bool"),
  Square: ({ to, of: { x } }) => to.node("Mul", [x!.name, x!.name], x!.shape, x!.dtype),
  Rsqrt: ({ to, of: { x } }) => to.node("Reciprocal", [to.graph.node("Sqrt", [x!.name])], x!.shape, x!.dtype),
  Relu6: ({ to, of: { x } }) =>
    to.node("Clip", [x!.name, to.graph.constant(0), to.graph.constant(6)], x!.shape, x!.dtype),
  AddN: ({ to, all }) =>
    to.node(
      "Sum",
      all.map(({ name }) => name),
      all[0]!.shape,
      all[0]!.dtype,
    ),
  Sum: reduce("ReduceSum"),
  Mean: reduce("ReduceMean"),
  Max: reduce("ReduceMax"),
  ArgMax: argMax,
  Softmax: ({ to, of: { logits } }) => to.node("Softmax", [logits!.name], logits!.shape, logits!.dtype, { axis: -1 }),
  Cumsum: ({ to, of: { x }, attributes }) => {
    const axis = to.graph.node("Squeeze", [to.graph.integers([Number(attributes.axis)]), to.graph.integers([0])]);
    return to.node("CumSum", [x!.name, axis], x!.shape, x!.dtype, { exclusive: attributes.exclusive === true ? 1 : 0 });
  },
  BatchMatMul: ({ to, of, attributes }) => product(to, of.a!, of.b!, attributes),
  _FusedMatMul: ({ to, of, attributes }) => {
    if (attributes.activation !== "linear")
      throw new RecordingError(`a product is fused with ${attributes.activation}`);
    const y = product(to, of.a!, of.b!, attributes);
    return of.bias === undefined ? y : to.node("Add", [y.name, of.bias.name], y.shape, y.dtype);
  },
  Identity: ({ all: [x] }) => x!,
  Cast: ({ to, of, attributes }) => cast(to, of.x!, attributes.dtype as tf.DataType),
  Reshape: ({ to, of, attributes }) => {
    const { x } = of as Record<"x", Recorded>;
    return reshaped(
      to,
      x,
      tf.util.inferFromImplicitShape(attributes.shape as number[], tf.util.sizeFromShape([...x.shape])),
    );
  },
  ExpandDims: ({ to, of, attributes }) => {
    const { input } = of as Record<"input", Recorded>;
    const dim = Number(attributes.dim);
    const place = dim < 0 ? dim + input.shape.length + 1 : dim;
    const shape = [...input.shape.slice(0, place), 1, ...input.shape.slice(place)];
    return to.node("Unsqueeze", [input.name, to.graph.integers([place])], shape, input.dtype);
  },
  Transpose: ({ to, of, attributes }) => transposed(to, of.x!, attributes.perm as number[]),
  Concat: ({ to, all, attributes }) => {
    const [axis = 0] = tf.util.parseAxisParam(attributes.axis as number, [...all[0]!.shape]);
    const shape = tf.backend_util.computeOutShape(
      all.map(({ shape }) => [...shape]),
      axis,
    );
    return to.node(
      "Concat",
      all.map(({ name }) => name),
      shape,
      all[0]!.dtype,
      { axis },
    );
  },
  Pack: ({ to, all, attributes }) => {
    const [first] = all as [Recorded];
    const axis = Number(attributes.axis);
    const one = [...first.shape.slice(0, axis), 1, ...first.shape.slice(axis)];
    const parts = all.map(({ name }) => to.graph.node("Unsqueeze", [name, to.graph.integers([axis])]));
    return to.node(
      "Concat",
      parts,
      one.map((size, place) => (place === axis ? all.length : size)),
      first.dtype,
      { axis },
    );
  },
  Unpack: ({ to, of, attributes }) => {
    const { value } = of as Record<"value", Recorded>;
    const [axis = 0] = tf.util.parseAxisParam(attributes.axis as number, [...value.shape]);
    const shape = value.shape.filter((_, place) => place !== axis);
    return Array.from({ length: value.shape[axis] ?? 0 }, (_, place) => {
      const index = to.scalar(place, "int32").name;
      return to.node("Gather", [value.name, index], shape, value.dtype, { axis });
    });
  },
  Slice: ({ to, of, attributes }) => {
    const { x } = of as Record<"x", Recorded>;
    const [begin, size] = tf.slice_util.parseSliceParams(
      x as unknown as tf.Tensor,
      attributes.begin as number[],
      attributes.size as number[],
    );
    return sliced(to, x, begin ?? [], size ?? []);
  },
  SplitV: ({ to, of, attributes }) => {
    const { x } = of as Record<"x", Recorded>;
    const [axis = 0] = tf.util.parseAxisParam(attributes.axis as number, [...x.shape]);
    const sizes = tf.backend_util.prepareSplitSize(
      x as unknown as tf.Tensor,
      attributes.numOrSizeSplits as number[],
      axis,
    );
    let start = 0;
    return sizes.map((size) => {
      const begin = x.shape.map((_, place) => (place === axis ? start : 0));
      start += size;
      return sliced(
        to,
        x,
        begin,
        x.shape.map((whole, place) => (place === axis ? size : whole)),
      );
    });
  },
  GatherV2: ({ to, of, attributes }) => {
    const { x, indices } = of as Record<"x" | "indices", Recorded>;
    const [axis = 0] = tf.util.parseAxisParam(attributes.axis as number, [...x.shape]);
    if (attributes.batchDims === 1 && axis === 1) {
      const places = to.graph.node("Unsqueeze", [indices.name, to.graph.integers([-1])]);
      const whole = to.graph.node("Cast", [places], { to: elementNumber("int64") });
      return to.node("GatherND", [x.name, whole], [...indices.shape, ...x.shape.slice(2)], x.dtype, { batch_dims: 1 });
    }
    if (attributes.batchDims) throw new RecordingError("a look-up has several axes of a batch");
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return to.node("Gather", [x.name, indices.name], shape, x.dtype, { axis });
  },
  Range: ({ to, attributes }) => {
    const { start, stop, step, dtype } = attributes as {
      start: number;
      stop: number;
      step: number;
      dtype: tf.DataType;
    };
    const limits = [start, stop, step].map((value) => to.scalar(value, dtype).name);
    return to.node("Range", limits, [Math.ceil((stop - start) / step)], dtype);
  },
  Tile: ({ to, of, attributes }) => {
    const { x } = of as Record<"x", Recorded>;
    const reps = attributes.reps as number[];
    return to.node(
      "Tile",
      [x.name, to.integers(reps)],
      x.shape.map((size, axis) => size * (reps[axis] ?? 1)),
      x.dtype,
    );
  },
  Select: ({ to, of }) => {
    const { condition, t, e } = of as Record<"condition" | "t" | "e", Recorded>;
    return to.node("Where", [condition.name, t.name, e.name], t.shape, t.dtype);
  },
  Fill: ({ to, attributes }) =>
    filled(to, Number(attributes.value), attributes.shape as number[], (attributes.dtype as tf.DataType) ?? "float32"),
  ZerosLike: ({ to, of: { x } }) => filled(to, 0, x!.shape, x!.dtype),
  OnesLike: ({ to, of: { x } }) => filled(to, 1, x!.shape, x!.dtype),
  LowrankLayerNorm: norm("LayerNormalization"),
  LowrankRmsNorm: norm("SimplifiedLayerNormalization"),
  LowrankGeluErf: sameShape("Gelu", { approximate: "none" }),
  LowrankGeluTanh: sameShape("Gelu", { approximate: "tanh" }),
  LowrankAttention: attention,
};

function filled(to: Recorder, value: number, shape: readonly number[], dtype: tf.DataType): Recorded {
  const one = to.scalar(value, dtype);
  return shape.length === 0 ? one : to.node("Expand", [one.name, to.integers(shape)], shape, dtype);
}

function to(call: Call): Recorder {
  return call.to;
}

function broadcastShape({ of }: Call): readonly number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape([...of.a!.shape], [...of.b!.shape]);
}

function map(table: Readonly<Record<string, string>>, rule: (op: string) => Rule): Record<string, Rule> {
  return Object.fromEntries(Object.entries(table).map(([kernel, op]) => [kernel, rule(op)]));
}

/** Registers them under the backend's name, once. */
export function registerRecorderKernels(): void {
  for (const [kernelName, rule] of Object.entries(rules)) {
    if (tf.getKernel(kernelName, recorderName) != null) return;
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const recorder = backend as Recorder;
        const values = new Map<string, Recorded>();
        const all: Recorded[] = [];
        for (const [name, input] of Object.entries(inputs)) {
          if (input === undefined || input === null) continue;
          const value = recorder.recordedOf(input as tf.TensorInfo);
          values.set(name, value);
          all.push(value);
        }
        const made = rule({ to: recorder, of: Object.fromEntries(values), all, attributes: attrs ?? {} });
        return "name" in made ? recorder.infoOf(made) : made.map((one) => recorder.infoOf(one));
      },
    });
  }
}
