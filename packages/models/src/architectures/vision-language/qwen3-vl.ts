// The wiring of Qwen3-VL (transformers' modeling_qwen3_vl.py): an encoder whose patches rotate by row and column, two linear layers that
// make a token of each square of patches, and Qwen 3, whose first layers also add states from within the encoder (DeepStack).

import { computeByRows } from "@lowrank/engine/hook-points/internal";
import { addResidual } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import { fusedProjection } from "../../parts/attention/self-attention.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { attentionOf, blockStages, feedForwardOf } from "../../parts/backbone/decoder-backbone.ts";
import { withImageTokens } from "../../parts/embedding/image-tokens.ts";
import { feedForward } from "../../parts/feed-forward.ts";
import { pixelsOf } from "../../parts/images/patch-embedding.ts";
import { pixelShuffle } from "../../parts/images/pixel-shuffle.ts";
import { resampleGrid } from "../../parts/images/resample-grid.ts";
import type { ModelPlan, PartList } from "../../parts/part-list.ts";
import type { Layer, Pass } from "../../parts/pass.ts";
import { planned, planOf } from "../../parts/planned.ts";
import { type RotaryFrequencies, rotaryFrequencies } from "../../parts/positions/rotary-frequencies.ts";
import { llama } from "../decoders/like-llama.ts";

export function qwen3Vl(model: PartList): Backbone {
  const tower = model.tower("model.visual");
  const images = imageEncoder(tower);
  const deepstack = tower.plan.config.layerKinds.filter((kind) => kind === "deepstack").length;
  const text = llama(model);
  const stages = text.stages.map((stage, layer) => {
    const run = planned(addingDeepstack(stage.run, model.plan.config.hiddenSize), planOf(stage.run));
    return layer < deepstack ? { ...stage, run } : stage;
  });
  return withImageTokens({ ...text, stages }, { images, config: tower.plan.config });
}

/** A block on hidden states, and behind them what it and later blocks add to their results; without images there is nothing to add. */
function addingDeepstack(block: Layer, width: number): Layer {
  const carried = carrying(block, width);
  return (state, pass) =>
    tf.tidy(() => {
      if (state.shape[2] === width) return block(state, pass);
      const next = carried(state, pass); // [batch, time, width · (1 + added states)]
      const later = (next.shape[2] ?? 0) - 2 * width;
      const [hidden, added, ...rest] = tf.split(next, [width, width, ...(later === 0 ? [] : [later])], 2);
      const sum = addResidual(hidden as tf.Tensor, added as tf.Tensor); // of two sizes at least
      return rest.length === 0 ? sum : tf.concat([sum, ...rest], 2);
    });
}

/** The layer on the first `width` features of a state [batch, time, features]. The others stay, and the output of `deepstack` comes last. */
function carrying(layer: Layer, width: number, deepstack?: Layer): Layer {
  return (state, pass) =>
    tf.tidy(() => {
      const others = (state.shape[2] ?? 0) - width;
      const [hidden, ...carried] = others === 0 ? [state] : tf.split(state, [width, others], 2);
      const next = layer(hidden as tf.Tensor, pass); // of one size at least
      if (deepstack !== undefined) carried.push(deepstack(next, pass));
      return carried.length === 0 ? next : tf.concat([next, ...carried], 2);
    });
}

/** From squares of pixels to tokens, and behind each those of DeepStack layers: [squares, 1, (1 + layers)·width]. */
function imageEncoder(tower: PartList): Backbone {
  const { hiddenSize, mergedSide, layerKinds } = tower.plan.config;
  const squareWidth = hiddenSize * mergedSide ** 2;
  const rotary = rotaryOfPatches(tower.plan);
  const first = tower.group();
  const embed = patchStates(first);
  let mergers = 0;
  const blocks = blockStages(tower, (block, layer) => ({
    attention: attentionOf(block, layer, {
      project: fusedProjection(block.linear("blocks.{n}.attn.qkv"), [hiddenSize, hiddenSize, hiddenSize]),
      output: block.linear("blocks.{n}.attn.proj"),
      rotary,
    }),
    feedForward: feedForwardOf(block, ["blocks.{n}.mlp.linear_fc1", "blocks.{n}.mlp.linear_fc2"]),
    beforeAttention: block.norm("blocks.{n}.norm1"),
    beforeFeedForward: block.norm("blocks.{n}.norm2"),
  })).map(({ parts, run }, layer) => {
    const block: Layer = (squares, pass) =>
      tf.reshape(run(tf.reshape(squares, [-1, mergedSide ** 2, hiddenSize]), pass), squares.shape);
    if (layerKinds[layer] !== "deepstack") return { parts, run: carrying(block, squareWidth) };
    const mergerGroup = tower.atLayer(mergers++);
    const deepstack = merger(mergerGroup, "deepstack_merger_list.{n}", squareWidth);
    return { parts: [...parts, ...mergerGroup.parts], run: carrying(block, squareWidth, deepstack) };
  });
  const last = tower.group();
  const run = carrying(merger(last, "merger", hiddenSize), squareWidth);
  return { embed: { parts: first.parts, run: embed }, stages: [...blocks, { parts: last.parts, run }] };
}

/** A norm of each `width` features, and a feed-forward from squares of patches [squares, 1, features] to tokens of the text's width. */
function merger(group: PartList, path: string, width: number): Layer {
  const norm = group.norm(`${path}.norm`);
  const [up, down] = [group.linear(`${path}.linear_fc1`), group.linear(`${path}.linear_fc2`)];
  const merge = feedForward(up, activations["gelu-erf"], down);
  return (squares, pass) =>
    tf.tidy(() => {
      const [count = 0, , features = 0] = squares.shape;
      const normed = norm.forward(tf.reshape(squares, [count, features / width, width]), pass.context);
      return merge(tf.reshape(normed, squares.shape), pass);
    });
}

/** Half of the pairs of each head rotate by the row of a patch, the others by its column. */
function rotaryOfPatches({ config: { headSize, rotary } }: ModelPlan): RotaryFrequencies {
  const { theta = 10_000 } = rotary ?? {};
  const { pairs, magnitude } = rotaryFrequencies(headSize / 2, { theta, scaling: { type: "none" } });
  return {
    pairs: Float32Array.of(...pairs, ...pairs),
    magnitude,
    axes: [...pairs.map(() => 1), ...pairs.map(() => 2)],
  };
}

/** The first states of squares: a linear map of each patch's pixels, and positions stretched to the image. [squares, 1, patches·width] */
function patchStates(first: PartList): (pass: Pass) => tf.Tensor {
  const { hiddenSize, mergedSide, imageChannels, patchSize, maxPositions } = first.plan.config;
  const [kernel, bias] = [first.tensor("patch_embed.proj.weight"), first.tensor("patch_embed.proj.bias")];
  const positions = first.tensor("pos_embed.weight");
  const patchPixels = imageChannels * patchSize ** 2;
  const side = Math.floor(Math.sqrt(maxPositions));
  return (pass) =>
    tf.tidy(() => {
      const { context, inputs } = pass;
      const pixels = pixelsOf(pass); // [squares, channels, side, side]
      const [squares] = pixels.shape;
      const cells = tf.reshape(pixels, [squares, imageChannels, mergedSide, patchSize, mergedSide, patchSize]);
      const patches = tf.reshape(tf.transpose(cells, [0, 2, 4, 1, 3, 5]), [squares, mergedSide ** 2, patchPixels]);
      const call = { x: patches, context, path: kernel.path, hookPoints: [kernel, bias] };
      const states = computeByRows(call, (rows, rowContext) => {
        // Both frames of the kernel [width, channels, 2, patchSize, patchSize] see the same image.
        const matrix = tf.reshape<tf.Rank.R2>(tf.sum(kernel.value(rowContext), 2), [hiddenSize, patchPixels]);
        const product = tf.matMul(tf.reshape<tf.Rank.R2>(rows, [-1, patchPixels]), matrix, false, true);
        return tf.reshape(tf.add(product, bias.value(rowContext)), [rows.shape[0] ?? 0, 1, -1]);
      });
      const table = tf.slice<tf.Rank.R2, tf.Tensor2D>(
        positions.value(context) as tf.Tensor2D,
        [0, 0],
        [side ** 2, hiddenSize],
      );
      const places = (inputs.grids ?? []).map((grid) => {
        const to = { rows: grid.rows * mergedSide, columns: grid.columns * mergedSide };
        const stretched = resampleGrid(table, { from: { rows: side, columns: side }, to }, "bilinear");
        return pixelShuffle(tf.expandDims(stretched), { rows: to.rows, side: mergedSide });
      });
      return tf.add(states, tf.reshape(tf.concat(places, 1), states.shape));
    });
}
