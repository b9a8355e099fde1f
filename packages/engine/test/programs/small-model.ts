// Trains a small model for the given number of steps on the current engine, and prints its memory before and after: two
// layers with LoRA, attention with a mask, a gated feed-forward block, dropout, cross-entropy from the head, and AdamW.

import * as tf from "@tensorflow/tfjs-core";
import { FrozenWeight } from "../../src/frozen-weight.ts";
import { addLowRank } from "../../src/ops/add-low-rank.ts";
import { addResidual } from "../../src/ops/add-residual.ts";
import { attention } from "../../src/ops/attention/attention.ts";
import { causalMask } from "../../src/ops/attention/attention-mask.ts";
import { joinHeads, splitHeads } from "../../src/ops/attention/heads.ts";
import { rotary } from "../../src/ops/attention/rotary.ts";
import { dropout } from "../../src/ops/dropout.ts";
import { embeddingLookup } from "../../src/ops/embedding-lookup.ts";
import { frozenLinear } from "../../src/ops/frozen-linear.ts";
import { linearCrossEntropy } from "../../src/ops/losses/linear-cross-entropy.ts";
import { rmsNorm } from "../../src/ops/rms-norm.ts";
import { swiglu } from "../../src/ops/silu.ts";
import { matrix } from "../../src/rows.ts";
import { waveValues } from "../packed-matrices.ts";

const [batch, time, features, heads, rank, classes] = [2, 5, 16, 2, 2, 23];

interface Layer {
  readonly frozen: Readonly<Record<"query" | "key" | "value" | "gate" | "up" | "down", FrozenWeight>>;
  readonly a: tf.Variable<tf.Rank.R2>;
  readonly b: tf.Variable<tf.Rank.R2>;
}

/** A model whose every parameter but the LoRA factors is frozen. */
export interface SmallModel {
  /** One step of training; returns the loss. `step` chooses the tokens and the dropped entries. */
  train(step: number): number;
  dispose(): void;
}

export function smallModel(): SmallModel {
  let seed = 0;
  const made = (rows: number, columns: number) =>
    tf.tensor2d(
      waveValues(rows * columns, ++seed).map((value) => value / Math.sqrt(rows)),
      [rows, columns],
    );
  const weight = () => FrozenWeight.from(made(features, features));
  const layers = [0, 1].map((): Layer => {
    const frozen = { query: weight(), key: weight(), value: weight(), gate: weight(), up: weight(), down: weight() };
    return {
      frozen,
      a: tf.variable(tf.tidy(() => tf.keep(made(features, rank)))),
      b: tf.variable(tf.zeros([rank, features])),
    };
  });
  const table = made(classes, features);
  const head = FrozenWeight.fromTransposed(tf.clone(table));
  const gain = tf.ones([features]);
  const mask = causalMask(time);
  const angles = tf.tensor2d(waveValues((time * features) / heads / 2, 9), [time, features / heads / 2]);
  const tables = { cos: tf.cos(angles), sin: tf.sin(angles) };
  const optimizer = tf.train.adam(0.01);
  const variables = layers.flatMap(({ a, b }) => [a, b]);

  const block = (x: tf.Tensor, { frozen, a, b }: Layer, step: number): tf.Tensor => {
    const normal = rmsNorm(x, gain, 1e-5);
    const key = { seed: 1, step, microStep: 0, path: "query" };
    const query = addLowRank(frozenLinear(normal, frozen.query), dropout(normal, 0.1, key), a, b, 2);
    const rotated = (part: tf.Tensor) => rotary(splitHeads(part, heads), tables);
    const mixed = attention({
      query: rotated(query),
      key: rotated(frozenLinear(normal, frozen.key)),
      value: splitHeads(frozenLinear(normal, frozen.value), heads),
      mask,
    });
    const middle = addResidual(x, joinHeads(mixed));
    const inner = rmsNorm(middle, gain, 1e-5);
    const gated = swiglu(frozenLinear(inner, frozen.gate), frozenLinear(inner, frozen.up));
    return addResidual(middle, frozenLinear(gated, frozen.down));
  };

  return {
    train: (step) => {
      const ids = Int32Array.from({ length: batch * time }, (_, index) => (index * 7 + step * 3) % classes);
      const loss = tf.tidy(() => {
        const tokens = tf.tensor2d(ids, [batch, time], "int32");
        const labels = tf.tensor1d(
          ids.map((id, index) => (index % 4 === 0 ? -100 : (id + 7) % classes)),
          "int32",
        );
        const { value, grads } = tf.variableGrads(() => {
          const hidden = layers.reduce((x, layer) => block(x, layer, step), embeddingLookup(table, tokens));
          return linearCrossEntropy(matrix(tf.reshape(hidden, [batch * time, features])), head, labels);
        }, variables);
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value.dataSync()[0] ?? Number.NaN;
      }) as unknown as number;
      return loss;
    },
    dispose: () => {
      for (const { frozen } of layers) for (const part of Object.values(frozen)) part.dispose();
      head.dispose();
      optimizer.dispose();
      tf.dispose([...variables, table, gain, mask, angles, tables.cos, tables.sin]);
    },
  };
}
