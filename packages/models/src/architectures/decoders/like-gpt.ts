// The wiring of GPT-2 and its relatives (transformers' modeling_<family>.py): learned, rotary or sinusoidal positions, or ALiBi;
// a plain feed-forward.

import type { ModelConfig } from "@lowrank/contracts/families";
import { addedMasks, gradientMask } from "../../parts/attention/added-masks.ts";
import type { Projection, SelfAttentionOptions } from "../../parts/attention/attention-options.ts";
import { fusedProjection, groupedProjection } from "../../parts/attention/self-attention.ts";
import type { Backbone, Stage } from "../../parts/backbone/backbone.ts";
import {
  attentionOf,
  blockStages,
  type DecoderOptions,
  decoderBackbone,
  feedForwardOf,
  projectionsBelow,
} from "../../parts/backbone/decoder-backbone.ts";
import type { TransformerBlockOptions } from "../../parts/backbone/transformer-block.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { type Norm, type NormLayer, plainNorm } from "../../parts/norm.ts";
import type { PartList } from "../../parts/part-list.ts";
import { alibi } from "../../parts/positions/alibi.ts";
import { rotaryOf } from "../../parts/positions/rotary-frequencies.ts";
import { sinusoidsOf } from "../../parts/positions/sinusoids.ts";

/** Names of GPT-2 and GPT-Neo, whose positions are learned. */
function withLearnedPositions(model: PartList, block: DecoderOptions["block"]): Backbone {
  const embedding: DecoderOptions["embedding"] = (embedGroup) => ({ positions: embedGroup.embedding("wpe") });
  const backbone = decoderBackbone(model, { tokens: "wte", embedding, block, norm: "ln_f" });
  return { ...backbone, positionRows: model.plan.config.maxPositions };
}

/**
 * GPT-2: a norm before each sublayer, fused projections. GPT-BigCode: one shared key head, or a projection sorted by head.
 */
export function gpt2(model: PartList): Backbone {
  const { switches, headSize } = model.plan.config;
  return withLearnedPositions(model, (block, layer) => ({
    beforeAttention: block.norm("h.{n}.ln_1"),
    attention: attentionOf(block, layer, {
      project: gpt2Projection(block),
      output: block.linear("h.{n}.attn.c_proj"),
      scale: (switches.scaledScores ? 1 / Math.sqrt(headSize) : 1) / (switches.scaledByLayer ? layer + 1 : 1),
    }),
    beforeFeedForward: block.norm("h.{n}.ln_2"),
    feedForward: feedForwardOf(block, ["h.{n}.mlp.c_fc", "h.{n}.mlp.c_proj"]),
  }));
}

function gpt2Projection(block: PartList): Projection {
  const { modelType, hiddenSize, headSize, heads, keyValueHeads } = block.plan.config;
  const site = block.linear("h.{n}.attn.c_attn");
  const keyWidth = keyValueHeads * headSize;
  if (modelType === "gpt_bigcode" && keyValueHeads === heads) return groupedProjection(site, heads, headSize);
  return fusedProjection(site, [hiddenSize, keyWidth, keyWidth]);
}

/** GPT-Neo: GPT-2 with separate projections and scores left unscaled. */
export function gptNeo(model: PartList): Backbone {
  const { config, task } = model.plan;
  return withLearnedPositions(model, (block, layer) => {
    const window = config.windows[layer] ?? null;
    return {
      beforeAttention: block.norm("h.{n}.ln_1"),
      attention: attentionOf(block, layer, {
        project: projectionsBelow(block, "h.{n}.attn.attention"),
        output: block.linear("h.{n}.attn.attention.out_proj"),
        mask: addedMasks(window),
        gradientMask: task === "question-answering" ? gradientMask(window) : undefined,
        scale: 1,
      }),
      beforeFeedForward: block.norm("h.{n}.ln_2"),
      feedForward: feedForwardOf(block, ["h.{n}.mlp.c_fc", "h.{n}.mlp.c_proj"]),
    };
  });
}

/** GPT-NeoX: fused projections sorted by head, part of each head rotates, sublayers in parallel or one after the other. */
export function gptNeox(model: PartList): Backbone {
  const rotary = rotaryOf(model.plan.config);
  const { heads, headSize, switches } = model.plan.config;
  return decoderBackbone(model, {
    tokens: "embed_in",
    block: (block, layer) => ({
      beforeAttention: block.norm("layers.{n}.input_layernorm"),
      beforeFeedForward: block.norm("layers.{n}.post_attention_layernorm"),
      attention: attentionOf(block, layer, {
        project: groupedProjection(block.linear("layers.{n}.attention.query_key_value"), heads, headSize),
        output: block.linear("layers.{n}.attention.dense"),
        rotary,
      }),
      feedForward: feedForwardOf(block, ["layers.{n}.mlp.dense_h_to_4h", "layers.{n}.mlp.dense_4h_to_h"]),
      residual: switches.parallelResidual ? "parallel" : "sequential",
    }),
    norm: "final_layer_norm",
  });
}

/** GPT-J: both sublayers read the same norm; neighbouring features rotate together. */
export function gptj(model: PartList): Backbone {
  const rotary = rotaryOf(model.plan.config);
  return decoderBackbone(model, {
    tokens: "wte",
    block: (block, layer) => {
      const norm = block.norm("h.{n}.ln_1");
      return {
        attention: attentionOf(block, layer, {
          project: projectionsBelow(block, "h.{n}.attn"),
          output: block.linear("h.{n}.attn.out_proj"),
          rotary,
          rotaryInterleaved: true,
        }),
        feedForward: feedForwardOf(block, ["h.{n}.mlp.fc_in", "h.{n}.mlp.fc_out"]),
        beforeAttention: norm,
        beforeFeedForward: norm,
        residual: "parallel",
      };
    },
    norm: "ln_f",
  });
}

/** BLOOM: a norm after the embedding, fused projections sorted by head, ALiBi. */
export function bloom(model: PartList): Backbone {
  const { heads, headSize, switches } = model.plan.config;
  const slopes = alibi(heads);
  return decoderBackbone(model, {
    tokens: "word_embeddings",
    embedding: (embedGroup) => ({ norm: embedGroup.norm("word_embeddings_layernorm") }),
    block: (block, layer) => ({
      beforeAttention: block.norm("h.{n}.input_layernorm"),
      attention: attentionOf(block, layer, {
        project: groupedProjection(block.linear("h.{n}.self_attention.query_key_value"), heads, headSize),
        output: block.linear("h.{n}.self_attention.dense"),
        alibi: slopes,
      }),
      beforeFeedForward: block.norm("h.{n}.post_attention_layernorm"),
      feedForward: feedForwardOf(block, ["h.{n}.mlp.dense_h_to_4h", "h.{n}.mlp.dense_4h_to_h"]),
      residual: switches.residualAfterNorm ? "after-norm" : "sequential",
    }),
    norm: "ln_f",
  });
}

/**
 * Falcon: fused projections sorted by key head; rotary positions or ALiBi; sublayers in parallel, on
 * one norm or on two, or one after the other.
 *
 * With ALiBi transformers' "eager" attention adds the bias twice; this is its usual one ("sdpa"), and the paper's.
 */
export function falcon(model: PartList): Backbone {
  const { config } = model.plan;
  const positions = falconPositions(config);
  return decoderBackbone(model, {
    tokens: "word_embeddings",
    block: (block, layer) => {
      const fused = block.linear("h.{n}.self_attention.query_key_value");
      const { attention: attentionRate, residual: rate } = config.dropouts;
      const path = `layer.${layer}`;
      return {
        attention: attentionOf(block, layer, {
          project: groupedProjection(fused, config.keyValueHeads, config.headSize),
          output: block.linear("h.{n}.self_attention.dense"),
          ...positions,
        }),
        feedForward: feedForwardOf(block, ["h.{n}.mlp.dense_h_to_4h", "h.{n}.mlp.dense_4h_to_h"]),
        ...falconNorms(block),
        residual: config.switches.parallelResidual ? "parallel" : "sequential",
        // As in transformers if the sublayers run one after the other.
        dropout: config.switches.parallelResidual ? { rate, path } : { rate, attentionRate, path },
      };
    },
    norm: "ln_f",
  });
}

function falconPositions(config: ModelConfig): Pick<SelfAttentionOptions, "rotary" | "alibi" | "dropout"> {
  // With rotary positions transformers never drops attention weights.
  if (!config.switches.alibi) return { rotary: rotaryOf(config), dropout: 0 };
  const slopes = alibi(config.heads, { scale: 1 / Math.sqrt(config.headSize), inBfloat16: true });
  return { alibi: slopes, dropout: config.dropouts.attention };
}

function falconNorms(block: PartList): { readonly beforeAttention: Norm; readonly beforeFeedForward: Norm } {
  const firstNorm = block.optionalNorm("h.{n}.ln_attn");
  if (firstNorm !== undefined) return { beforeAttention: firstNorm, beforeFeedForward: block.norm("h.{n}.ln_mlp") };
  const sharedNorm = block.norm("h.{n}.input_layernorm");
  return {
    beforeAttention: sharedNorm,
    beforeFeedForward: block.optionalNorm("h.{n}.post_attention_layernorm") ?? sharedNorm,
  };
}

/** Unused rows at the beginning of OPT's and XGLM's position tables. */
const positionOffset = 2;

/** XGLM: token embeddings plus sinusoidal positions, a norm before each sublayer. */
export function xglm(model: PartList): Backbone {
  const { hiddenSize, padTokenId } = model.plan.config;
  return decoderBackbone(model, {
    tokens: "embed_tokens",
    embedding: () => ({ computedPositions: sinusoidsOf(hiddenSize, padTokenId, positionOffset) }),
    block: (block, layer) => ({
      attention: attentionOf(block, layer, {
        project: projectionsBelow(block, "layers.{n}.self_attn"),
        output: block.linear("layers.{n}.self_attn.out_proj"),
      }),
      beforeAttention: block.norm("layers.{n}.self_attn_layer_norm"),
      feedForward: feedForwardOf(block, ["layers.{n}.fc1", "layers.{n}.fc2"], `layer.${layer}/feed-forward-inner`),
      beforeFeedForward: block.norm("layers.{n}.final_layer_norm"),
    }),
    norm: "layer_norm",
  });
}

/** OPT: learned positions counted by the mask, norms before or after each sublayer, projections for narrow embeddings. */
export function opt(model: PartList): Backbone {
  const embedGroup = model.group();
  const tokens = embedGroup.embedding("decoder.embed_tokens");
  const embed = tokenEmbedding({
    tokens,
    positions: embedGroup.embedding("decoder.embed_positions"),
    positionOffset,
    project: embedGroup.optionalLinear("decoder.project_in"),
  });
  const blocks = blockStages(model, optBlock);
  return {
    tokens,
    positionRows: model.plan.config.maxPositions,
    positionsFrom: "mask",
    embed: { parts: embedGroup.parts, run: embed },
    stages: [...blocks, lastOptStage(model.group())],
  };
}

function lastOptStage(last: PartList): Stage {
  const { switches } = last.plan.config;
  const isNormed = switches.normBefore && !switches.withoutLastNorm;
  const norm = isNormed ? optNorm(last, "decoder.final_layer_norm") : undefined;
  const project = last.optionalLinear("decoder.project_out");
  return {
    parts: last.parts,
    run: (hidden, { context }) => {
      const normed = norm === undefined ? hidden : norm.forward(hidden, context);
      return project === undefined ? normed : project.forward(normed, context);
    },
    isByPosition: true,
  };
}

function optBlock(block: PartList, layer: number): TransformerBlockOptions {
  const attention = attentionOf(block, layer, {
    project: projectionsBelow(block, "decoder.layers.{n}.self_attn"),
    output: block.linear("decoder.layers.{n}.self_attn.out_proj"),
  });
  const attentionNorm = optNorm(block, "decoder.layers.{n}.self_attn_layer_norm");
  const feedForward = feedForwardOf(block, ["decoder.layers.{n}.fc1", "decoder.layers.{n}.fc2"]);
  const feedNorm = optNorm(block, "decoder.layers.{n}.final_layer_norm");
  return block.plan.config.switches.normBefore
    ? { attention, feedForward, beforeAttention: attentionNorm, beforeFeedForward: feedNorm }
    : { attention, feedForward, afterAttentionSum: attentionNorm, afterFeedForwardSum: feedNorm };
}

/** Some models have norms without gains. */
function optNorm(parts: PartList, path: string): NormLayer {
  return parts.optionalNorm(path) ?? plainNorm(parts.plan.config.normEpsilon);
}
