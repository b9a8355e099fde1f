// Swin's wiring (transformers' modeling_swin.py): stages of blocks that attend within windows, every second one within moved
// windows; between two stages four neighbours become one state.

import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../../errors.ts";
import type { Projection } from "../../parts/attention/attention-options.ts";
import { selfAttention } from "../../parts/attention/self-attention.ts";
import type { Backbone, Stage } from "../../parts/backbone/backbone.ts";
import { feedForwardOf, projectionsBelow } from "../../parts/backbone/decoder-backbone.ts";
import { normStage } from "../../parts/backbone/stages.ts";
import { transformerBlock } from "../../parts/backbone/transformer-block.ts";
import { dropPath } from "../../parts/drop-path.ts";
import { paddedPatches } from "../../parts/images/padded-patches.ts";
import { rearrange, rearrangement, restore } from "../../parts/images/rearrange.ts";
import type { Grid } from "../../parts/images/resample-grid.ts";
import { planWindows, type Windows, windowBias } from "../../parts/images/windows.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer, Pass } from "../../parts/pass.ts";

export function swin(model: PartList): Backbone {
  const { config } = model.plan;
  const embedGroup = model.group();
  const embed = paddedPatches({
    projection: embedGroup.convolution("embeddings.patch_embeddings.projection", {
      strides: [config.patchSize, config.patchWidth],
    }),
    norm: embedGroup.norm("embeddings.norm"),
    positions: embedGroup.optionalTensor("embeddings.position_embeddings"),
    dropout: config.dropouts.embedding,
  });
  let layer = 0;
  const stages = config.stages.flatMap((_, index): readonly Stage[] => {
    const stage = model.atStage(index);
    const { layers, stages: left } = stage.plan.config;
    const blocks = Array.from({ length: layers }, (_unused, number) =>
      swinBlock(stage.atLayer(number), { index, number, layer: layer++, layers: config.layers }),
    );
    return left.length > 1 ? [...blocks, patchMerging(stage.group(), index)] : blocks;
  });
  const lastGroup = model.group();
  const norm = lastGroup.norm("layernorm");
  return { embed: { parts: embedGroup.parts, run: embed }, stages: [...stages, normStage(lastGroup.parts, norm)] };
}

interface BlockIndex {
  /** The stage's index. */
  readonly index: number;
  /** The block's index in its stage. */
  readonly number: number;
  /** The block's index among all blocks. */
  readonly layer: number;
  readonly layers: number;
}

const path = "encoder.layers.{s}.blocks.{n}";

function swinBlock(block: PartList, { index, number, layer, layers }: BlockIndex): Stage {
  const { config } = block.plan;
  const { dropouts, windowSize: size } = config;
  const windowsOf = (pass: Pass): Windows => {
    const grid = gridOf(pass, block, index);
    return planWindows(grid, { size, shift: shiftOf(grid, size, number) });
  };
  const beforeAttention = block.norm(`${path}.layernorm_before`);
  const attention = dropPath(
    windowAttention(block, layer, windowsOf),
    (dropouts.path * layer) / Math.max(layers - 1, 1),
    `layer.${layer}/attention-path`,
  );
  const run = transformerBlock({
    attention,
    feedForward: feedForwardOf(block, [`${path}.mlp.fc1`, `${path}.mlp.fc2`]),
    beforeAttention,
    beforeFeedForward: block.norm(`${path}.layernorm_after`),
    dropout: { rate: dropouts.residual, path: `layer.${layer}` },
  });
  return { parts: block.parts, run };
}

/** How many rows and columns of states a stage has, rounded up. */
function gridOf({ inputs: { pixelValues } }: Pass, { plan: { config } }: PartList, stage: number): Grid {
  const [, , height = 0, width = 0] = pixelValues?.shape ?? [];
  const halved = (length: number, patch: number) => Math.ceil(Math.ceil(length / patch) / 2 ** stage);
  return { rows: halved(height, config.patchSize), columns: halved(width, config.patchWidth) };
}

/** Windows of every second block are shifted by half a window, unless one window fills the image. */
function shiftOf({ rows, columns }: Grid, size: number, number: number): number {
  const min = Math.min(rows, columns);
  if (min < size) {
    const message = `the image is too small: ${rows} × ${columns} states in one stage, fewer than a window's ${size} × ${size}`;
    throw modelInputError("pixelValues", message);
  }
  return number % 2 === 0 || min === size ? 0 : Math.floor(size / 2);
}

/** States [batch, states, width] → windows [batch·windows, size², width], which attend, and back. */
function windowAttention(block: PartList, layer: number, windowsOf: (pass: Pass) => Windows): Layer {
  const { config } = block.plan;
  const { heads, hiddenSize, windowSize: size, dropouts } = config;
  const area = size * size;
  const project = projectionsBelow(block, `${path}.attention`);
  const output = block.linear(`${path}.attention.o_proj`);
  const table = block.tensor(`${path}.attention.relative_position_bias.relative_position_bias_table`);
  // The linear layers get one row for each image, because adapters may belong to rows.
  const byImage = (windows: tf.Tensor, batch: number) => tf.reshape(windows, [batch, -1, hiddenSize]);
  const byWindow = (states: tf.Tensor) => tf.reshape(states, [-1, area, hiddenSize]);
  const projectWindows: Projection = (windows, pass) => {
    const { query, key, value } = project(byImage(windows, batchOf(pass)), pass);
    return { query: byWindow(query), key: byWindow(key), value: byWindow(value) };
  };
  const attend = (batch: number) =>
    selfAttention({
      layer,
      project: projectWindows,
      output: {
        path: output.path,
        forward: (windows, context) => byWindow(output.forward(byImage(windows, batch), context)),
      },
      heads,
      keyHeads: heads,
      dropout: dropouts.attention,
      relativePositions: bias,
    });
  const bias = windowBias(table, size, windowsOf);
  return (hidden, pass) =>
    tf.tidy(() => {
      const windows = windowsOf(pass);
      const batch = batchOf(pass);
      const mixed = attend(batch)(byWindow(rearrange(hidden, windows)), pass);
      return restore(byImage(mixed, batch), windows);
    });
}

function batchOf({ inputs: { pixelValues } }: Pass): number {
  return pixelValues?.shape[0] ?? 0;
}

/** Four neighbours side by side, normalized and halved; beyond the border are zeros. */
function patchMerging(group: PartList, index: number): Stage {
  const norm = group.norm("encoder.layers.{s}.downsample.norm");
  const reduction = group.linear("encoder.layers.{s}.downsample.reduction");
  const { hiddenSize } = group.plan.config;
  return {
    parts: group.parts,
    run: (hidden, pass) =>
      tf.tidy(() => {
        const sorted = rearrange(hidden, neighbours(gridOf(pass, group, index)));
        const joined = tf.reshape(sorted, [hidden.shape[0] ?? 0, -1, 4 * hiddenSize]);
        return reduction.forward(norm.forward(joined, pass.context), pass.context);
      }),
  };
}

function neighbours({ rows, columns }: Grid) {
  const across = Math.ceil(columns / 2);
  const sources = Array.from({ length: Math.ceil(rows / 2) * across * 4 }, (_, position) => {
    const [cell, corner] = [Math.floor(position / 4), position % 4];
    const row = 2 * Math.floor(cell / across) + (corner % 2);
    const column = 2 * (cell % across) + Math.floor(corner / 2);
    return row < rows && column < columns ? row * columns + column : -1;
  });
  return rearrangement(sources, rows * columns);
}
