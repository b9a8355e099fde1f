// Gemma 3n's wiring (transformers' modeling_gemma3n.py): Gemma 4's shared keys and inputs of layers, with several residual streams
// (parts/alternating-updates.ts), a narrow map next to attention (LAuReL, Menghani et al. 2024), and sparse gates in the first layers.

import { addResidual } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import {
  addToOthers,
  alternatingUpdates,
  firstStream,
  narrowToState,
  widenToStreams,
} from "../../parts/alternating-updates.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { type Block, compose, type Stage } from "../../parts/backbone/stages.ts";
import { joinState, type StateWidths, splitState } from "../../parts/carried-state.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer, Pass } from "../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOfLayers } from "../../parts/positions/rotary-frequencies.ts";
import { learnedScale } from "../../parts/scaled-layer.ts";
import { sparseFeedForward } from "../../parts/sparse-gate.ts";
import { carriedIn, inputsOfLayers, layerInput, sharingAttention } from "./gemma4.ts";
import { llamaFeedForward } from "./like-llama.ts";

export function gemma3n(model: PartList): Backbone {
  const { config } = model.plan;
  const rotary = rotaryOfLayers(config);
  const [embedGroup, lastGroup] = [model.group(), model.group()];
  const projections = (group: PartList, path: string) =>
    Array.from({ length: config.streams - 1 }, (_, stream) => group.linear(`${path}.${stream}`));
  const tokens = embedGroup.embedding("embed_tokens");
  const embed = tokenEmbedding({ tokens });
  const inputs = inputsOfLayers(embedGroup);
  const widen = widenToStreams(projections(embedGroup, "altup_projections"));
  const begin = (pass: Pass) =>
    tf.tidy(() => {
      const hidden = embed(pass);
      return tf.concat([widen(hidden, pass), inputs(hidden, pass)], 2);
    });
  const blocks = config.windows.map((_, layer): Stage => {
    const block = model.atLayer(layer);
    return { parts: block.parts, run: gemma3nBlock(block, layer, rotary(layer)) };
  });
  const narrow = narrowToState(projections(lastGroup, "altup_unembed_projections"));
  const norm = lastGroup.norm("norm");
  const end: Layer = (streams, pass) => tf.tidy(() => norm.forward(narrow(streams, pass), pass.context));
  const last: Stage = { parts: lastGroup.parts, run: end, isByPosition: true };
  return { tokens, embed: { parts: embedGroup.parts, run: begin }, stages: [...blocks, last] };
}

function gemma3nBlock(block: PartList, layer: number, rotary: RotaryFrequencies): Block {
  const { config } = block.plan;
  const width = config.hiddenSize;
  const own: StateWidths = { streams: config.streams * width };
  const before = { ...own, ...carriedIn(config, layer, "before") };
  const { input = 0, ...carried } = carriedIn(config, layer, "after");
  const between = { ...own, ...carried, input, attended: width };
  const norm = (name: string) => block.norm(`layers.{n}.${name}`);
  const [beforeAttention, afterAttention] = [norm("input_layernorm"), norm("post_attention_layernorm")];
  const [beforeFeed, afterFeed] = [norm("pre_feedforward_layernorm"), norm("post_feedforward_layernorm")];
  const updates = alternatingUpdates(block);
  const attend = sharingAttention(block, layer, rotary);
  const laurel = narrowMap(block);
  const sparsity = config.sparsities[layer] ?? 0;
  const feed = sparsity > 0 ? sparseFeedForward(block, sparsity) : llamaFeedForward(block);
  const scale = learnedScale((hidden) => hidden, block.tensor("layers.{n}.altup.correct_output_scale"));
  const gated = layerInput(block);
  const mix: Layer = (state, pass) =>
    tf.tidy(() => {
      const parts = splitState(state, before);
      const streams = updates.predict(parts.streams as tf.Tensor, pass);
      const hidden = firstStream(streams, width);
      const normed = beforeAttention.forward(hidden, pass.context);
      const { output, keys } = attend(normed, parts, pass);
      const sum = addResidual(hidden, afterAttention.forward(output, pass.context));
      const attended = tf.mul(tf.add(sum, laurel(normed, pass)), Math.SQRT1_2);
      return joinState({ ...parts, ...keys, streams, attended }, between);
    });
  const byPosition: Layer = (state, pass) =>
    tf.tidy(() => {
      const parts = splitState(state, between);
      const attended = parts.attended as tf.Tensor;
      const fed = feed(beforeFeed.forward(attended, pass.context), pass);
      const computed = addResidual(attended, afterFeed.forward(fed, pass.context));
      const corrected = updates.correct(parts.streams as tf.Tensor, computed, pass);
      const update = gated(scale(firstStream(corrected, width), pass), parts.input as tf.Tensor, pass);
      return joinState({ ...parts, streams: addToOthers(corrected, update) }, { ...own, ...carried });
    });
  return compose(mix, byPosition);
}

/** LAuReL: x + norm(right(left(x))) */
function narrowMap(block: PartList): Layer {
  const of = (side: string) => block.linear(`layers.{n}.laurel.linear_${side}`);
  const [left, right] = [of("left"), of("right")];
  const norm = block.norm("layers.{n}.laurel.post_laurel_norm");
  return (hidden, { context }) =>
    addResidual(hidden, norm.forward(right.forward(left.forward(hidden, context), context), context));
}
