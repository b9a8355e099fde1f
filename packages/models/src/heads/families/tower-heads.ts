// Heads of CLIP and SigLIP (transformers' modeling_clip.py and modeling_siglip.py): scores of each text for each image, a
// classifier of images, or the embeddings of one tower.

import type { ParameterSlot } from "@lowrank/engine/hook-points";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import { activations } from "../../parts/activations.ts";
import { probeAttention } from "../../parts/attention/probe-attention.ts";
import { pickFrom } from "../../parts/backbone/picked-states.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer, Pass } from "../../parts/pass.ts";
import { type Head, noHead } from "../head.ts";
import { matchingHead } from "../matching-head.ts";
import { stateClassifier } from "./encoder-heads.ts";
import { meanAfter } from "./image-heads.ts";

export function clipTextHeads(model: PartList): Head {
  if (model.plan.task === "feature-extraction") return noHead;
  const projection = model.linear("text_projection");
  return embeddingHead((states, pass) => projection.forward(endStates(model)(states, pass), pass.context));
}

export function clipVisionHeads(model: PartList): Head {
  const pool = firstNormed(model);
  if (model.plan.task === "feature-extraction") return noHead;
  const projection = model.linear("visual_projection");
  return embeddingHead((states, pass) => projection.forward(pool(states, pass), pass.context));
}

export function clipHeads(model: PartList): Head {
  const pool = firstNormed(model.tower("vision_model"));
  if (model.plan.task === "image-classification") return patchClassifier(model, 1);
  const images = model.linear("visual_projection");
  const texts = model.linear("text_projection");
  const ends = endStates(model.tower("text_model"));
  return matchingHead({
    images: (states, pass) => images.forward(pool(states, pass), pass.context),
    texts: (states, pass) => texts.forward(ends(states, pass), pass.context),
    scale: model.tensor("logit_scale"),
    loss: "softmax",
  });
}

export function siglipTextHeads(model: PartList): Head {
  model.linear("head");
  return noHead;
}

export function siglipVisionHeads(model: PartList): Head {
  if (model.has("head.probe")) probed(model);
  return noHead;
}

export function siglipHeads(model: PartList): Head {
  const vision = model.tower("vision_model");
  const pool = vision.has("head.probe") ? probed(vision) : undefined;
  if (model.plan.task === "image-classification" || pool === undefined) return patchClassifier(model, 0);
  const text = model.tower("text_model").linear("head");
  return matchingHead({
    images: pool,
    texts: (states, pass) => {
      const [batch = 0, time = 1] = states.shape;
      return text.forward(oneOf(states, Array(batch).fill(time - 1)), pass.context);
    },
    scale: model.tensor("logit_scale"),
    bias: model.tensor("logit_bias"),
    loss: "sigmoid",
  });
}

/** A classifier on the mean of the patches, after `fronts` states. */
function patchClassifier(model: PartList, fronts: number): Head {
  return stateClassifier(model, { ofAll: (states) => meanAfter(states, fronts) });
}

/** The state in front of the patches, which alone is normalized at the end: [batch, width]. */
function firstNormed(vision: PartList): Layer {
  const norm = vision.norm("post_layernorm");
  return (states, { context }) => norm.forward(oneOf(states, Array(states.shape[0] ?? 0).fill(0)), context);
}

/** The state of each text's end, [batch, width]: of its first end token, or, in older files, of the highest id. */
function endStates({ plan: { config } }: PartList): Layer {
  const [end = -1] = config.eosTokenIds;
  return (states, { lastIds }: Pass) => {
    const rows = lastIds.arraySync();
    // Older files have 2 here, although the last token of the vocabulary is the end.
    const columns = rows.map((ids) => (end === 2 ? ids.indexOf(Math.max(...ids)) : Math.max(ids.indexOf(end), 0)));
    return oneOf(states, columns);
  };
}

function oneOf(states: tf.Tensor, columns: readonly number[]): tf.Tensor {
  return tf.squeeze(pickFrom(states, { columns }), [1]);
}

/** One learned query reads all patches: [batch, width]. */
export function probed(vision: PartList): Layer {
  const { heads, activation } = vision.plan.config;
  const slot = (path: string): ParameterSlot => vision.tensor(`head.${path}`);
  const attention = probeAttention({
    probe: slot("probe"),
    weight: slot("attention.in_proj_weight"),
    bias: slot("attention.in_proj_bias"),
    output: vision.linear("head.attention.out_proj"),
    heads,
  });
  const norm = vision.norm("head.layernorm");
  const feed = feedForward(vision.linear("head.mlp.fc1"), activations[activation], vision.linear("head.mlp.fc2"));
  return (states, pass) =>
    tf.tidy(() => {
      const read = attention(states, pass); // [batch, 1, width]
      return tf.squeeze(tf.add(read, feed(norm.forward(read, pass.context), pass)), [1]);
    });
}

// One state for a whole text or image, to be compared with others: its answer is that state, and it has no loss by itself.

/** `pool` makes [batch, features] of all states. */
function embeddingHead(pool: Layer): Head {
  return {
    forward: (states, pass) => tf.tidy(() => pool(states, pass)),
    losses: () => {
      const message = "one encoder alone has no loss; load the model of both and train it on texts with images";
      throw modelInputError("labels", message);
    },
  };
}
