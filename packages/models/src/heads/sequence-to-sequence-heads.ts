// The heads of encoder–decoders: logits over the vocabulary at each of the decoder's positions.

import * as tf from "@tensorflow/tfjs-core";
import type { PartList } from "../parts/part-list.ts";
import type { Trunk } from "../parts/trunk.ts";
import type { Head } from "./head.ts";
import { noHead } from "./no-head.ts";
import { TokenHead } from "./token-head.ts";

export function t5Heads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task !== "sequence-to-sequence") return noHead;
  const scale = config.hiddenSize ** -0.5;
  return new TokenHead({
    site: model.linear("lm_head", trunk.tokens),
    shift: 0,
    ...(config.switches.scaledOutput ? { transform: (hidden: tf.Tensor) => tf.mul(hidden, scale) } : {}),
  });
}

export function bartHeads(model: PartList, trunk: Trunk): Head {
  if (model.plan.task !== "sequence-to-sequence") return noHead;
  const constantBias = model.tensor("final_logits_bias");
  return new TokenHead({ site: model.linear("lm_head", trunk.tokens), shift: 0, constantBias });
}
