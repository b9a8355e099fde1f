// A gated delta net (Yang et al. 2024), Qwen 3.5's replacement of attention: queries, keys and values from a few tokens each, a
// memory that they write to and read from, and a gate on the result.

import type { LinearSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows, forwardTogether } from "@lowrank/engine/hook-points/internal";
import { gatedDelta, silu } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../activations.ts";
import type { Norm } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";
import { byText, causalConvolution, withoutPadding } from "./causal-convolution.ts";

interface MemoryInputs {
  /** Queries, keys and values, one after the other: [batch, time, 2·keyHeads·keySize + heads·valueSize]. */
  readonly mixed: tf.Tensor3D;
  /** [batch, time, heads·valueSize] */
  readonly gate: tf.Tensor3D;
  /** How much of its correction a token writes, before the sigmoid: [batch, time, heads]. */
  readonly strength: tf.Tensor3D;
  /** How fast the memory fades at a token, before the softplus: [batch, time, heads]. */
  readonly decay: tf.Tensor3D;
}

export type MemoryProjection = (hidden: tf.Tensor, pass: Pass) => MemoryInputs;

export interface GatedDeltaNetOptions {
  readonly layer: number;
  readonly project: MemoryProjection;
  /** Added to it: [heads]. */
  readonly decayBias: ParameterSlot;
  /** The logarithm of the decay's factor: [heads]. */
  readonly decayRate: ParameterSlot;
  /** [2·keyHeads·keySize + heads·valueSize, 1, taps] */
  readonly taps: ParameterSlot;
  /** For queries, keys and values, after the taps; the gate on the output is always silu. */
  readonly activation: Activation;
  /** The norm of each head's output. */
  readonly norm: Norm;
  readonly output: LinearSite;
  readonly heads: number;
  readonly keyHeads: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** Four linear layers, in the order of `MemoryInputs`. */
export function separateMemoryInputs(
  sites: readonly [LinearSite, LinearSite, LinearSite, LinearSite],
): MemoryProjection {
  return (hidden, { context }) => {
    const parts = forwardTogether(sites, hidden, context);
    // Four sites give four tensors.
    const [mixed, gate, strength, decay] = parts as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return { mixed, gate, strength, decay };
  };
}

/**
 * Two linear layers, sorted by key head (Qwen 3 Next): `inputs` gives each key head's query, key, values and gates, `rates` its
 * strengths and decays.
 */
export function groupedMemoryInputs(
  { inputs, rates }: { readonly inputs: LinearSite; readonly rates: LinearSite },
  { heads, keyHeads, keySize, valueSize }: Pick<GatedDeltaNetOptions, "heads" | "keyHeads" | "keySize" | "valueSize">,
): MemoryProjection {
  const group = heads / keyHeads;
  const values = group * valueSize;
  return (hidden, { context }) => {
    const projected = forwardTogether([inputs, rates], hidden, context);
    const split = (x: tf.Tensor, sizes: number[]) => {
      const [batch = 0, time = 0] = x.shape;
      const byHead = tf.split(tf.reshape(x, [batch, time, keyHeads, -1]), sizes, 3);
      return byHead.map((part) => tf.reshape(part, [batch, time, -1]) as tf.Tensor3D);
    };
    // Two sites give two tensors, and each size a part.
    const [query, key, value, gate] = split(projected[0] as tf.Tensor, [keySize, keySize, values, values]);
    const [strength, decay] = split(projected[1] as tf.Tensor, [group, group]);
    const mixed = tf.concat([query, key, value] as tf.Tensor3D[], 2);
    return { mixed, gate, strength, decay } as MemoryInputs;
  };
}

/** hidden [batch, time, width] → the same shape. A row sees neither padding nor the row before it. */
export function gatedDeltaNet(options: GatedDeltaNetOptions): Layer {
  const { project, norm, output, heads, valueSize } = options;
  return (hidden, pass) =>
    tf.tidy(() => {
      const { context } = pass;
      // The rates of padding are those of zeros, as in transformers; a bias of the projection is emptied below.
      const { mixed, gate, strength, decay } = project(withoutPadding(hidden, pass), pass);
      const rates = [tf.sigmoid(strength), fading(decay, options, pass)];
      const read = byText(tf.concat([withoutPadding(mixed, pass), ...rates], 2), pass, (texts) =>
        readMemory(texts, options, pass),
      );
      const [batch, time, width] = gate.shape;
      const byHead = norm.forward(tf.reshape(read, [batch, time, heads, valueSize]), context);
      return output.forward(tf.mul(tf.reshape(byHead, [batch, time, width]), silu(gate)), context);
    });
}

/** The logarithm of the share of the memory that each token keeps: −e^rate·softplus(x + bias). */
function fading(x: tf.Tensor, { decayBias, decayRate }: GatedDeltaNetOptions, { context }: Pass): tf.Tensor3D {
  const call = { x, context, path: `${decayRate.path}/fading`, hookPoints: [decayBias, decayRate] };
  return computeByRows(call, (rows, rowContext) => {
    const speed = tf.neg(tf.exp(decayRate.value(rowContext)));
    return tf.mul(speed, tf.softplus(tf.add(rows, decayBias.value(rowContext))));
  }) as tf.Tensor3D;
}

/** Texts [batch, time, queries and keys and values, then two rates for each head] → [batch, time, heads·valueSize] */
function readMemory(texts: tf.Tensor3D, options: GatedDeltaNetOptions, pass: Pass): tf.Tensor {
  const { layer, taps, activation, heads, keyHeads, keySize, valueSize } = options;
  const [batch, time] = texts.shape;
  const [keys, values] = [keyHeads * keySize, heads * valueSize];
  const [mixed, strength, decay] = tf.split(texts, [2 * keys + values, heads, heads], 2) as tf.Tensor3D[];
  const [before, memory] = pass.cache?.memoryOf(layer) ?? [];
  const convolution = causalConvolution(mixed as tf.Tensor3D, { taps, before }, pass);
  const [query, key, value] = tf.split(activation.apply(convolution.mixed), [keys, keys, values], 2);
  const result = gatedDelta({
    query: tf.reshape(query as tf.Tensor, [batch, time, keyHeads, keySize]),
    key: tf.reshape(key as tf.Tensor, [batch, time, keyHeads, keySize]),
    value: tf.reshape(value as tf.Tensor, [batch, time, heads, valueSize]),
    strength: strength as tf.Tensor3D,
    decay: decay as tf.Tensor3D,
    memory: memory as tf.Tensor4D | undefined,
  });
  pass.cache?.remember(layer, [convolution.newest, result.memory]);
  return tf.reshape(result.read, [batch, time, values]);
}
