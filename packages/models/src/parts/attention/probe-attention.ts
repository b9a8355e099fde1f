// Attention of one learned query to a whole sequence, as torch's MultiheadAttention stores its weights: SigLIP makes one state of
// an image's patches that way.

import type { ForwardContext } from "@lowrank/contracts";
import { attention } from "@lowrank/engine";
import type { LinearSite, ParameterSlot } from "@lowrank/engine/hook-points";
import { computeByRows } from "@lowrank/engine/hook-points/internal";
import { joinHeads, splitHeads } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { Layer } from "../pass.ts";

export interface ProbeAttentionOptions {
  /** [1, 1, width] */
  readonly probe: ParameterSlot;
  /** The weights of queries, keys and values, one below the other: [3·width, width]. */
  readonly weight: ParameterSlot;
  /** [3·width] */
  readonly bias: ParameterSlot;
  readonly output: LinearSite;
  readonly heads: number;
}

/** states [batch, time, width] → [batch, 1, width] */
export function probeAttention(options: ProbeAttentionOptions): Layer {
  const { probe, weight, bias, output } = options;
  return (states, { context }) =>
    tf.tidy(() => {
      const call = { x: states, context, path: weight.path, hookPoints: [probe, weight, bias] };
      return output.forward(
        computeByRows(call, (rows, rowContext) => readRows(rows, options, rowContext)),
        context,
      );
    });
}

function readRows(
  states: tf.Tensor,
  { probe, weight, bias, heads }: ProbeAttentionOptions,
  context: ForwardContext,
): tf.Tensor {
  const [batch = 0, time = 0, width = 0] = states.shape;
  const [queryMap, keyMap, valueMap] = tf.split(weight.value(context), 3, 0);
  const [queryBias, keyBias, valueBias] = tf.split(bias.value(context), 3, 0);
  // A split into three gives three parts.
  const project = (x: tf.Tensor, map: tf.Tensor | undefined, added: tf.Tensor | undefined, length: number) =>
    splitHeads(
      tf.reshape(tf.add(tf.matMul(x, map as tf.Tensor, false, true), added as tf.Tensor), [-1, length, width]),
      heads,
    );
  const rows = tf.reshape(states, [batch * time, width]);
  const query = project(tf.reshape(probe.value(context), [1, width]), queryMap, queryBias, 1);
  return joinHeads(
    attention({
      query: tf.tile(query, [batch, 1, 1, 1]),
      key: project(rows, keyMap, keyBias, time),
      value: project(rows, valueMap, valueBias, time),
      scale: 1 / Math.sqrt(width / heads),
    }),
  );
}
