// The layers of BART and its relatives (transformers' modeling_bart.py, modeling_mbart.py): a norm after each sum, or one
// before each sublayer and one after the whole stack.

import { dropout } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import { crossAttention } from "../../parts/attention/cross-attention.ts";
import type { Stage } from "../../parts/backbone/backbone.ts";
import { attentionOf, feedForwardOf, projectionsBelow } from "../../parts/backbone/decoder-backbone.ts";
import { compose, normStage } from "../../parts/backbone/stages.ts";
import { residual } from "../../parts/backbone/transformer-block.ts";
import type { PartList } from "../../parts/part-list.ts";
import type { Layer, Pass } from "../../parts/pass.ts";

export type StackName = "encoder" | "decoder";

/** Every layer of a stack, and the norm after them, if the family has one. */
export function bartStages(model: PartList, name: StackName): readonly Stage[] {
  const { config } = model.plan;
  const layers = name === "encoder" ? config.layers : config.decoderLayers;
  const rate = name === "encoder" ? config.dropouts.encoderLayer : config.dropouts.decoderLayer;
  const stages = Array.from({ length: layers }, (_, layer) =>
    droppedLayer(blockStage(model.atLayer(layer), layer, name), { rate, path: `${name}.${layer}/layer` }),
  );
  const lastGroup = model.group();
  const norm = lastGroup.optionalNorm(`${name}.layer_norm`);
  return norm === undefined ? stages : [...stages, normStage(lastGroup.parts, norm)];
}

interface BlockPath {
  readonly stack: StackName;
  readonly rowPath: string;
  /** For dropout. */
  readonly path: string;
}

function blockStage(block: PartList, layer: number, stack: StackName): Stage {
  const rowPath = stack === "encoder" ? "encoder.layers.{n}" : "decoder.layers.{m}";
  const blockPath: BlockPath = { stack, rowPath, path: `${stack}.${layer}` };
  const attend = withNorm(block, blockPath, "self_attn_layer_norm", attention(block, blockPath, layer));
  const look =
    stack === "decoder"
      ? withNorm(block, blockPath, "encoder_attn_layer_norm", attentionToSource(block, blockPath, layer))
      : undefined;
  const feed = withNorm(
    block,
    blockPath,
    "final_layer_norm",
    feedForwardOf(block, [`${rowPath}.fc1`, `${rowPath}.fc2`], `${blockPath.path}/feed-forward`),
  );
  const mix: Layer = look === undefined ? attend : (hidden, pass) => look(attend(hidden, pass), pass);
  return { parts: block.parts, run: compose(mix, feed) };
}

/** hidden + dropout(layer(norm(hidden))) if the stack ends with a norm, else norm(hidden + dropout(layer(hidden))) */
function withNorm(block: PartList, { stack, rowPath, path }: BlockPath, name: string, layer: Layer): Layer {
  const dropout = { rate: block.plan.config.dropouts.residual, path: `${path}/${name}` };
  const norm = block.norm(`${rowPath}.${name}`);
  return residual({ layer, dropout, ...(block.has(`${stack}.layer_norm`) ? { before: norm } : { afterSum: norm }) });
}

function attention(block: PartList, { stack, rowPath }: BlockPath, layer: number): Layer {
  const { config } = block.plan;
  const heads = stack === "encoder" ? config.heads : config.decoderHeads;
  const path = `${rowPath}.self_attn`;
  const sites = { project: projectionsBelow(block, path), output: block.linear(`${path}.out_proj`) };
  return attentionOf(block, layer, { ...sites, heads, keyHeads: heads });
}

function attentionToSource(block: PartList, { rowPath }: BlockPath, layer: number): Layer {
  const { config } = block.plan;
  const path = `${rowPath}.encoder_attn`;
  return crossAttention({
    layer,
    query: block.linear(`${path}.q_proj`),
    key: block.linear(`${path}.k_proj`),
    value: block.linear(`${path}.v_proj`),
    output: block.linear(`${path}.out_proj`),
    heads: config.decoderHeads,
    dropout: config.dropouts.attention,
  });
}

// Layers that are skipped as a whole in training, each at random and for the whole batch (LayerDrop, Fan et al. 2020).

/** The stage, skipped in training with probability `rate`. Both sublayers use the same draw. */
export function droppedLayer(stage: Stage, { rate, path }: { readonly rate: number; readonly path: string }): Stage {
  if (rate === 0) return stage;
  const dropped =
    (layer: Layer): Layer =>
    (hidden, pass) =>
      tf.tidy(() => mixed(hidden, layer(hidden, pass), isKept(pass, rate, path)));
  const { sublayers } = stage.run;
  const run =
    sublayers === undefined ? dropped(stage.run) : compose(dropped(sublayers.mix), dropped(sublayers.byPosition));
  return { ...stage, run };
}

/** 1 or 0, [1, 1, 1]; undefined if there is no dropout. */
function isKept(pass: Pass, rate: number, path: string): tf.Tensor | undefined {
  const draw = pass.draw(rate, path);
  if (draw === undefined) return undefined;
  return tf.cast(tf.greater(dropout(tf.ones([1, 1, 1]), draw.rate, draw.key), 0), "float32");
}

/** A layer left out is computed, too: its variables get gradients of 0, on every engine. */
function mixed(before: tf.Tensor, after: tf.Tensor, keepMask: tf.Tensor | undefined): tf.Tensor {
  if (keepMask === undefined) return after;
  return tf.add(tf.mul(after, keepMask), tf.mul(before, tf.sub(1, keepMask)));
}
