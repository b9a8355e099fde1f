// A gated delta net (Yang et al. 2024), as Qwen 3.5 has it in place of attention: queries, keys and values of a few tokens each, a
// memory that they write to and read from, and a gate on what was read.

import { gatedDelta, silu } from "@lowrank/engine";
import { computeByRows, forwardTogether, type LinearSite, type ParameterSlot } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../activations.ts";
import type { Norm } from "../norm.ts";
import type { Layer, Pass } from "../pass.ts";
import { byText, causalConvolution, withoutPadding } from "./causal-convolution.ts";

export interface GatedDeltaNetOptions {
  readonly layer: number;
  /** Gives queries, keys and values, one after the other: [batch, time, 2·keyHeads·keySize + heads·valueSize]. */
  readonly input: LinearSite;
  /** [batch, time, heads·valueSize] */
  readonly gate: LinearSite;
  /** How much of its correction a token writes, before the sigmoid: [batch, time, heads]. */
  readonly strength: LinearSite;
  /** How fast the memory fades at a token, before the softplus: [batch, time, heads]. */
  readonly decay: LinearSite;
  /** Added to it: [heads]. */
  readonly decayBias: ParameterSlot;
  /** The logarithm of what it is multiplied by: [heads]. */
  readonly decayRate: ParameterSlot;
  /** [2·keyHeads·keySize + heads·valueSize, 1, taps] */
  readonly taps: ParameterSlot;
  /** For queries, keys and values, after the taps; the gate on the output is always silu. */
  readonly activation: Activation;
  /** Of what each head reads. */
  readonly norm: Norm;
  readonly output: LinearSite;
  readonly heads: number;
  readonly keyHeads: number;
  readonly keySize: number;
  readonly valueSize: number;
}

/** hidden [batch, time, width] → the same shape. A row sees neither padding nor the row before it. */
export function gatedDeltaNet(options: GatedDeltaNetOptions): Layer {
  const { input, gate, strength, decay, norm, output, heads, valueSize } = options;
  return (hidden, pass) =>
    tf.tidy(() => {
      const { context } = pass;
      const parts = forwardTogether([input, gate, strength, decay], withoutPadding(hidden, pass), context);
      // Four sites give four tensors.
      const [mixed, gates, writes, fades] = parts as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const rates = [tf.sigmoid(writes), fading(fades, options, pass)];
      const read = byText(tf.concat([mixed, ...rates], 2), pass, (texts) => readMemory(texts, options, pass));
      const [batch, time, width] = gates.shape;
      const byHead = norm.forward(tf.reshape(read, [batch, time, heads, valueSize]), context);
      return output.forward(tf.mul(tf.reshape(byHead, [batch, time, width]), silu(gates)), context);
    });
}

/** The logarithm of what each token leaves of the memory: −e^rate·softplus(x + bias). */
function fading(x: tf.Tensor, { decay, decayBias, decayRate }: GatedDeltaNetOptions, { context }: Pass): tf.Tensor3D {
  const call = { x, context, path: `${decay.path}/fading`, hookPoints: [decayBias, decayRate] };
  return computeByRows(call, (rows, own) => {
    const speed = tf.neg(tf.exp(decayRate.value(own)));
    return tf.mul(speed, tf.softplus(tf.add(rows, decayBias.value(own))));
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
