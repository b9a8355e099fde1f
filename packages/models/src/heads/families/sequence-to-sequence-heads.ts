// The heads of encoder–decoders: logits over the vocabulary at each of the decoder's positions, or a classifier or
// answers read from the decoder's states while it reads the encoder's own text again.

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import type { PartList } from "../../parts/part-list.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { TokenHead } from "../token-head.ts";
import { denseClassifier, outputOf, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function sequenceToSequenceHeads(model: PartList, backbone: Backbone): Head {
  const { task, config } = model.plan;
  if (task !== "sequence-to-sequence") return readerHeads(model);
  // Of BART and most of its relatives.
  const constantBias = model.optionalTensor("final_logits_bias");
  const scale = config.hiddenSize ** -0.5;
  return new TokenHead({
    site: outputOf(model, backbone.tokens),
    shift: 0,
    ...(constantBias === undefined ? {} : { constantBias }),
    ...(config.switches.scaledOutput ? { transform: (hidden: tf.Tensor) => tf.mul(hidden, scale) } : {}),
  });
}

function readerHeads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  if (task !== "sequence-classification") return noHead;
  const activation = (x: tf.Tensor) => tf.tanh(x);
  return denseClassifier(model, { activation, dropsTwice: true, columns: lastEnd(config.eosTokenIds) });
}

/** The last end token of each row's text. */
function lastEnd(endTokens: readonly number[]): ColumnsOf {
  return ({ inputIds }) => {
    const rows = inputIds.arraySync().map((row) => row.flatMap((id, index) => (endTokens.includes(id) ? [index] : [])));
    const [first = []] = rows;
    if (first.length === 0 || rows.some(({ length }) => length !== first.length)) {
      const ids = endTokens.length === 0 ? "config.json names none" : `the end token is ${endTokens.join(" or ")}`;
      throw modelInputError("inputIds", `each row needs the same number of end tokens, at least one; ${ids}`);
    }
    return rows.map((indices) => indices.at(-1) ?? 0);
  };
}
