// lin → tanh → w2, where the file has it → experts, mixed by a soft gate → tanh → head. w2 and the experts are raw
// parameters.

import { ParameterSlot } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import { linearOf, Net, type NetConfig, required, type Weights, weightOf } from "./net.ts";

export function expertNet(weights: Weights, { is_transposed: isStackedInOut = false }: NetConfig = {}): Net {
  const first = linearOf(weights, "lin");
  const gate = linearOf(weights, "gate");
  const head = linearOf(weights, "head");
  const raw = (path: string) => new ParameterSlot(path, weightOf(weights, path).shape, "zeros", { isStackedInOut });
  const turnPath = [...weights.keys()].find((name) => /(^|\.)w2$/.test(name));
  const turn = turnPath === undefined ? undefined : raw(turnPath);
  const experts = raw("mlp.experts");
  const parts = [first, ...(turn ? [turn] : []), gate, experts, head];
  return new Net(parts, weights, ({ features }, context) => {
    const entered = tf.tanh(first.forward(required(features, "features"), context)); // [batch, width]
    const turned = turn ? tf.matMul(entered, turn.value(context), false, true) : entered;
    const shares = tf.softmax(gate.forward(turned, context)); // [batch, experts]
    const answers = tf.matMul(tf.expandDims(turned, 0), experts.value(context)); // [experts, batch, hidden]
    const mixed = tf.sum(tf.mul(tf.expandDims(tf.transpose(shares), 2), answers), 0); // [batch, hidden]
    return head.forward(tf.tanh(mixed), context);
  });
}
