// Mamba-2's layer (Dao and Gu 2024), as transformers' modeling_bamba.py computes it: one projection gives a gate, the inputs x, B and C
// and the steps Δ; x, B and C see a few tokens before; a state for each head fades by Δ·A, takes Δ·x in by B and is read by C.

import { swiglu } from "@lowrank/engine";
import type { LinearSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import { recompute, stateSpaceScan } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../activations.ts";
import { plainRmsNorm } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";
import { byText, causalConvolution, textMask, withoutPadding } from "./causal-convolution.ts";

export interface Mamba2Options {
  readonly layer: number;
  /** Gives gate, x, B, C and Δ: [batch, time, 2·heads·valueSize + 2·groups·stateSize + heads]. */
  readonly input: LinearSite;
  /** Factors of these five (Falcon H1). */
  readonly inputScales?: readonly number[];
  /** The bias of the steps, before the softplus: [heads]. */
  readonly stepBias: ParameterSlot;
  /** The logarithm of −A: [heads]. */
  readonly decayRate: ParameterSlot;
  /** D, the share of x that is added to what is read: [heads]. */
  readonly skip: ParameterSlot;
  /** The convolution's taps for x, B and C: [heads·valueSize + 2·groups·stateSize, 1, taps], and as many biases. */
  readonly taps: ParameterSlot;
  readonly tapsBias: ParameterSlot | undefined;
  /** For x, B and C after the taps; the gate's is always silu. */
  readonly activation: Activation;
  /** Absent where only the gate acts on what is read (Falcon H1). */
  readonly norm: GroupedNorm | undefined;
  readonly output: LinearSite;
  readonly heads: number;
  /** Each with one B and one C. */
  readonly groups: number;
  readonly stateSize: number;
  readonly valueSize: number;
}

/** The root-mean-square norm of each group's features. */
interface GroupedNorm {
  /** [heads·valueSize] */
  readonly gain: ParameterSlot;
  readonly epsilon: number;
  /** Else it acts behind the gate. */
  readonly isBeforeGate: boolean;
}

/** hidden [batch, time, width] → the same shape. A row sees neither padding nor the row before it. */
export function mamba2(options: Mamba2Options): Layer {
  const { input, inputScales, output, heads, groups, stateSize, valueSize } = options;
  const [values, keys] = [heads * valueSize, groups * stateSize];
  return (hidden, pass) =>
    tf.tidy(() => {
      const plain = withoutPadding(input.forward(hidden, pass.context), pass);
      const scales = inputScales && repeated(inputScales, [values, values, keys, keys, heads]);
      const projected = scales === undefined ? plain : tf.mul(plain, scales);
      const [gate, texts] = tf.split(projected, [values, values + 2 * keys + heads], 2) as [tf.Tensor, tf.Tensor3D];
      const read = byText(texts, pass, (groupTexts) => stateOnce(groupTexts, options, pass));
      return output.forward(gated({ read, gate }, options, pass), pass.context);
    });
}

/** As `readState`. Between forward and backward only the texts are saved; everything else is recomputed. */
function stateOnce(texts: tf.Tensor3D, options: Mamba2Options, pass: Pass): tf.Tensor {
  const mask = textMask(texts, pass);
  const compute = (currentTexts: tf.Tensor, isText?: tf.Tensor) =>
    readState({ texts: currentTexts as tf.Tensor3D, isText }, options, pass);
  if (pass.holdsCache) return compute(texts, mask);
  const variables = slotsOf(options).flatMap((slot) => slot.variables(pass.context));
  return recompute({ compute, inputs: [texts], constants: mask === undefined ? [] : [mask], variables });
}

function slotsOf({ stepBias, decayRate, skip, taps, tapsBias }: Mamba2Options): readonly ParameterSlot[] {
  const slots = [stepBias, decayRate, skip, taps];
  return tapsBias === undefined ? slots : [...slots, tapsBias];
}

interface Texts {
  /** [batch, time, x and B and C, then Δ] */
  readonly texts: tf.Tensor3D;
  /** [batch, time, 1]; absent where nothing is padding. */
  readonly isText: tf.Tensor | undefined;
}

/** → [batch, time, heads·valueSize] */
function readState({ texts, isText }: Texts, options: Mamba2Options, pass: Pass): tf.Tensor {
  const { layer, taps, tapsBias, activation, heads, groups, stateSize, valueSize, skip } = options;
  const { context, cache } = pass;
  const [batch, time] = texts.shape;
  const [values, keys] = [heads * valueSize, groups * stateSize];
  const [mixed, steps] = tf.split(texts, [values + 2 * keys, heads], 2) as [tf.Tensor3D, tf.Tensor3D];
  const [before, state] = cache?.memoryOf(layer) ?? [];
  const convolution = causalConvolution(mixed, { taps, bias: tapsBias, before }, pass);
  // A bias of the taps is in the padding, too.
  const active = activation.apply(convolution.mixed);
  const [x, key, query] = tf.split(isText === undefined ? active : tf.mul(active, isText), [values, keys, keys], 2) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const byHead = tf.reshape<tf.Rank.R4>(x, [batch, time, heads, valueSize]);
  const { step, decay } = pace(steps, options, pass);
  const scan = stateSpaceScan({
    value: tf.mul(byHead, tf.expandDims(step, 3)),
    key: tf.reshape(key, [batch, time, groups, stateSize]),
    query: tf.reshape(query, [batch, time, groups, stateSize]),
    decay,
    state: state as tf.Tensor4D | undefined,
  });
  cache?.remember(layer, [convolution.newest, scan.state]);
  const skipped = computeByRows({ x: byHead, context, path: skip.path, hookPoints: [skip] }, (rows, rowContext) =>
    tf.mul(rows, tf.expandDims(skip.value(rowContext), 1)),
  );
  return tf.reshape(tf.add(scan.read, skipped), [batch, time, values]);
}

/** Δ = softplus(x + bias), and Δ·A. */
function pace(
  x: tf.Tensor3D,
  { stepBias, decayRate }: Mamba2Options,
  { context }: Pass,
): { readonly step: tf.Tensor3D; readonly decay: tf.Tensor3D } {
  const step = computeByRows({ x, context, path: stepBias.path, hookPoints: [stepBias] }, (rows, rowContext) =>
    tf.softplus(tf.add(rows, stepBias.value(rowContext))),
  );
  const decay = computeByRows({ x: step, context, path: decayRate.path, hookPoints: [decayRate] }, (rows, rowContext) =>
    tf.mul(rows, tf.neg(tf.exp(decayRate.value(rowContext)))),
  );
  return { step: step as tf.Tensor3D, decay: decay as tf.Tensor3D };
}

/** read·silu(gate), normalized before or behind; both [batch, time, heads·valueSize] */
function gated(
  { read, gate }: { readonly read: tf.Tensor; readonly gate: tf.Tensor },
  { norm, groups }: Mamba2Options,
  { context }: Pass,
): tf.Tensor {
  if (norm === undefined) return swiglu(gate, read);
  const { gain, epsilon, isBeforeGate } = norm;
  const call = { context, path: gain.path, hookPoints: [gain] };
  const normed = (x: tf.Tensor) =>
    computeByRows({ ...call, x }, (rows, rowContext) => {
      const byGroup = tf.reshape(rows, [...rows.shape.slice(0, 2), groups, -1]);
      const even = plainRmsNorm(epsilon).forward(byGroup, rowContext);
      return tf.reshape(tf.mul(even, tf.reshape(gain.value(rowContext), [groups, -1])), rows.shape);
    });
  return isBeforeGate ? swiglu(gate, normed(read)) : normed(swiglu(gate, read));
}

/** Repeats each number by its width: [sum of widths]. */
function repeated(numbers: readonly number[], widths: readonly number[]): tf.Tensor1D {
  return tf.tensor1d(widths.flatMap((width, place) => Array<number>(width).fill(numbers[place] ?? 1)));
}
