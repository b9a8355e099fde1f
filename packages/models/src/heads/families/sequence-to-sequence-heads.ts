// The heads of encoder–decoders: logits over the vocabulary at each of the decoder's positions, or a classifier or
// answers read from the decoder's states while it reads the encoder's own text again.

import * as tf from "@tensorflow/tfjs-core";
import { ModelInputError } from "../../errors.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Trunk } from "../../parts/trunk/trunk.ts";
import { type Head, noHead } from "../head.ts";
import type { ColumnsOf } from "../pooling.ts";
import { TokenHead } from "../token-head.ts";
import { denseClassifier, questionAnswerer, tokenClassifier } from "./encoder-heads.ts";

export function t5Heads(model: PartList, trunk: Trunk): Head {
  const { task, config } = model.plan;
  if (task !== "sequence-to-sequence") return readerHeads(model);
  const scale = config.hiddenSize ** -0.5;
  return new TokenHead({
    site: model.linear("lm_head", trunk.tokens),
    shift: 0,
    ...(config.switches.scaledOutput ? { transform: (hidden: tf.Tensor) => tf.mul(hidden, scale) } : {}),
  });
}

export function bartHeads(model: PartList, trunk: Trunk): Head {
  if (model.plan.task !== "sequence-to-sequence") return readerHeads(model);
  const constantBias = model.optionalTensor("final_logits_bias");
  const site = model.linear("lm_head", trunk.tokens);
  return new TokenHead({ site, shift: 0, ...(constantBias === undefined ? {} : { constantBias }) });
}

export function whisperHeads(model: PartList, trunk: Trunk): Head {
  if (model.plan.task !== "sequence-to-sequence") return noHead;
  return new TokenHead({ site: model.linear("proj_out", trunk.tokens), shift: 0 });
}

function readerHeads(model: PartList): Head {
  const { task, config } = model.plan;
  if (task === "token-classification") return tokenClassifier(model);
  if (task === "question-answering") return questionAnswerer(model);
  if (task !== "sequence-classification") return noHead;
  const paths = { dense: "classification_head.dense", classifier: "classification_head.out_proj" };
  const activation = (x: tf.Tensor) => tf.tanh(x);
  return denseClassifier(model, { ...paths, activation, dropsTwice: true, columns: lastEnd(config.eosTokenIds) });
}

/** The last end token of each row's text. */
function lastEnd(endTokens: readonly number[]): ColumnsOf {
  return ({ inputIds }) => {
    const rows = inputIds.arraySync().map((row) => row.flatMap((id, place) => (endTokens.includes(id) ? [place] : [])));
    const [first = []] = rows;
    if (first.length === 0 || rows.some(({ length }) => length !== first.length)) {
      const ids = endTokens.length === 0 ? "config.json names none" : `the end token is ${endTokens.join(" or ")}`;
      throw new ModelInputError("inputIds", `each row needs the same number of end tokens, at least one; ${ids}`);
    }
    return rows.map((places) => places.at(-1) ?? 0);
  };
}
