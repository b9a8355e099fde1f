// Forward and backward of a LLaMA-shaped LoRA step: what users wait for.

import * as tf from "@tensorflow/tfjs-core";
import {
  addLowRank,
  attention,
  causalMask,
  FrozenWeight,
  frozenLinear,
  linearCrossEntropy,
  rmsNorm,
  swiglu,
} from "../src/index.ts";

const layerCount = 4;
const features = 256;
const hidden = 682;
const heads = 8;
const vocabulary = 4096;
const batch = 8;
const time = 64;
const rank = 8;

interface Adapted {
  readonly weight: FrozenWeight;
  readonly a: tf.Variable<tf.Rank.R2>;
  readonly b: tf.Variable<tf.Rank.R2>;
}

/** A function that computes loss and gradients once. */
export function trainingStep(): () => void {
  const layers = Array.from({ length: layerCount }, makeLayer);
  const head = FrozenWeight.from(tf.randomNormal([features, vocabulary], 0, 0.05));
  const input = tf.randomNormal([batch, time, features]);
  const labels = tf.cast(tf.randomUniform<tf.Rank.R1>([batch * time], 0, vocabulary), "int32");
  const mask = causalMask(time);
  const variables = layers.flatMap((layer) => Object.values(layer.linears).flatMap(({ a, b }) => [a, b]));
  const loss = () => {
    const last = layers.reduce((x: tf.Tensor, layer) => runLayer(layer, x, mask), input);
    return linearCrossEntropy(tf.reshape<tf.Rank.R2>(last, [batch * time, features]), head, labels);
  };
  return () => {
    const { value, grads } = tf.variableGrads(loss, variables);
    value.dataSync();
    tf.dispose([value, grads]);
  };
}

type Layer = ReturnType<typeof makeLayer>;

function makeLayer() {
  const wide = () => makeLinear(features, features);
  const linears = {
    query: wide(),
    key: wide(),
    value: wide(),
    output: wide(),
    gate: makeLinear(features, hidden),
    up: makeLinear(features, hidden),
    down: makeLinear(hidden, features),
  };
  return { linears, gain: tf.ones([features]) };
}

function makeLinear(inFeatures: number, outFeatures: number): Adapted {
  return {
    weight: FrozenWeight.from(tf.randomNormal([inFeatures, outFeatures], 0, 0.05)),
    a: tf.variable(tf.randomNormal<tf.Rank.R2>([inFeatures, rank], 0, 0.05)),
    b: tf.variable(tf.randomNormal<tf.Rank.R2>([rank, outFeatures], 0, 0.05)),
  };
}

function apply({ weight, a, b }: Adapted, x: tf.Tensor): tf.Tensor {
  return addLowRank(frozenLinear(x, weight), x, a, b, 2);
}

function runLayer({ linears, gain }: Layer, x: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const split = (rows: tf.Tensor) =>
    tf.transpose(tf.reshape(rows, [batch, time, heads, features / heads]), [0, 2, 1, 3]);
  const normed = rmsNorm(x, gain, 1e-5);
  const [query, key, value] = [linears.query, linears.key, linears.value].map((linear) => split(apply(linear, normed)));
  if (!query || !key || !value) return x;
  const mixed = tf.reshape(tf.transpose(attention({ query, key, value, mask }), [0, 2, 1, 3]), [batch, time, features]);
  const attended = tf.add(x, apply(linears.output, mixed));
  const again = rmsNorm(attended, gain, 1e-5);
  return tf.add(attended, apply(linears.down, swiglu(apply(linears.gate, again), apply(linears.up, again))));
}
