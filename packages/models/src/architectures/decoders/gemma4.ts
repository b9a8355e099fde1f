// Gemma 4's wiring (transformers' modeling_gemma4.py): Gemma 3 with keys and values that the last layers take from earlier ones, an
// input of each layer from a table of its own, and experts next to the feed-forward in one size.

import { addResidual } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import { activations } from "../../parts/activations.ts";
import type { Backbone } from "../../parts/backbone/backbone.ts";
import { attentionOf } from "../../parts/backbone/decoder-backbone.ts";
import { type Block, compose, normStage } from "../../parts/backbone/stages.ts";
import { joinState, type StateParts, type StateWidths, splitState } from "../../parts/carried-state.ts";
import { tokenEmbedding } from "../../parts/embedding/token-embedding.ts";
import { halvesGate } from "../../parts/experts/expert-gates.ts";
import { expertMixture } from "../../parts/experts/expert-mixture.ts";
import { plainRmsNorm } from "../../parts/norm.ts";
import type { ModelPlan, PartList } from "../../parts/part-list.ts";
import type { Layer, Pass } from "../../parts/pass.ts";
import { type RotaryFrequencies, rotaryOf } from "../../parts/positions/rotary-frequencies.ts";
import { learnedScale } from "../../parts/scaled-layer.ts";
import { llamaFeedForward } from "./like-llama.ts";

type Config = ModelPlan["config"];

export function gemma4(model: PartList): Backbone {
  const { config } = model.plan;
  const embedGroup = model.group();
  const tokens = embedGroup.embedding("embed_tokens");
  const embed = tokenEmbedding({ tokens });
  const inputs = config.perLayerSize > 0 ? inputsOfLayers(embedGroup) : undefined;
  const run = (pass: Pass) =>
    tf.tidy(() => {
      const hidden = embed(pass);
      return inputs === undefined ? hidden : tf.concat([hidden, inputs(hidden, pass)], 2);
    });
  const local = rotaryOf(config, config.localRotary);
  const global = rotaryOf({ ...config, headSize: config.globalHeadSize });
  const stages = config.windows.map((window, layer) => {
    const block = model.atLayer(layer);
    return { parts: block.parts, run: gemma4Block(block, layer, window === null ? global : local) };
  });
  const lastGroup = model.group();
  const norm = lastGroup.norm("norm");
  return { tokens, embed: { parts: embedGroup.parts, run }, stages: [...stages, normStage(lastGroup.parts, norm)] };
}

/** From embedded tokens [batch, time, width] to the inputs of all layers, [batch, time, layers·perLayerSize]. */
export function inputsOfLayers(embedGroup: PartList): Layer {
  const { layers, perLayerSize, perLayerVocabulary, hiddenSize } = embedGroup.plan.config;
  const table = embedGroup.embedding("embed_tokens_per_layer");
  const project = embedGroup.linear("per_layer_model_projection");
  const norm = embedGroup.norm("per_layer_projection_norm");
  return (hidden, pass) => {
    const { context } = pass;
    const projected = tf.mul(project.forward(hidden, context), hiddenSize ** -0.5);
    const [batch = 0, time = 0, width = 0] = projected.shape;
    const byLayer = norm.forward(tf.reshape(projected, [batch, time, layers, perLayerSize]), context);
    const ids = pass.inputIds;
    const known = tf.where(tf.less(ids, perLayerVocabulary), ids, tf.zerosLike(ids)); // ids of images are higher
    const ofTokens = table.forward(known, context);
    return tf.mul(tf.add(tf.reshape(byLayer, [batch, time, width]), ofTokens), Math.SQRT1_2);
  };
}

/** The layer whose keys and values a layer uses: itself, or the last one of its type that computes its own. */
function keyLayerOf({ layers, sharedKeyLayers, windows }: Config, layer: number): number {
  const first = layers - sharedKeyLayers;
  return layer < first ? layer : windows.lastIndexOf(windows[layer] ?? null, first - 1);
}

/**
 * What a state carries in a layer next to the hidden state, before or after attention: keys and values that this or a later layer
 * shares, the layer's own input, and the inputs of later layers.
 */
export function carriedIn(config: Config, layer: number, when: "before" | "after"): StateWidths {
  const { layers, perLayerSize: input } = config;
  const computedLayers = when === "before" ? layer : layer + 1;
  const later = config.windows.map((_, each) => keyLayerOf(config, each)).slice(computedLayers);
  const sources = [...new Set(later)].filter((source) => source < computedLayers);
  const keys = sources.flatMap((source) =>
    ["key", "value"].map((name) => [`${name} ${source}`, keyWidth(config, source)] as const),
  );
  const inputs = input * (layers - layer - 1);
  const widths = { ...Object.fromEntries(keys), input, inputs };
  return Object.fromEntries(Object.entries(widths).filter(([, width]) => width > 0));
}

function keyWidth(config: Config, layer: number): number {
  const { globalKeyValueHeads, globalHeadSize, keyValueHeads, headSize } = config;
  return config.windows[layer] === null ? globalKeyValueHeads * globalHeadSize : keyValueHeads * headSize;
}

function gemma4Block(block: PartList, layer: number, rotary: RotaryFrequencies): Block {
  const { config } = block.plan;
  const { hiddenSize: hidden } = config;
  const before = { hidden, ...carriedIn(config, layer, "before") };
  const between = { hidden, ...carriedIn(config, layer, "after") };
  const { input: _, ...after }: StateWidths = between;
  const norm = (name: string) => block.norm(`layers.{n}.${name}`);
  const [beforeAttention, afterAttention] = [norm("input_layernorm"), norm("post_attention_layernorm")];
  const [beforeFeed, afterFeed] = [norm("pre_feedforward_layernorm"), norm("post_feedforward_layernorm")];
  const attend = sharingAttention(block, layer, rotary);
  const feed = feedForward(block, layer);
  const ofInput = config.perLayerSize > 0 ? layerInput(block) : undefined;
  const scale = learnedScale((hidden) => hidden, block.tensor("layers.{n}.layer_scalar"));
  const mix: Layer = (state, pass) =>
    tf.tidy(() => {
      const parts = splitState(state, before);
      const hidden = parts.hidden as tf.Tensor;
      const { output, keys } = attend(beforeAttention.forward(hidden, pass.context), parts, pass);
      const sum = addResidual(hidden, afterAttention.forward(output, pass.context));
      return joinState({ ...parts, ...keys, hidden: sum }, between);
    });
  const byPosition: Layer = (state, pass) =>
    tf.tidy(() => {
      const parts = splitState(state, between);
      const hidden = parts.hidden as tf.Tensor;
      const fed = feed(beforeFeed.forward(hidden, pass.context), hidden, pass);
      const sum = addResidual(hidden, afterFeed.forward(fed, pass.context));
      const update = ofInput?.(sum, parts.input as tf.Tensor, pass);
      return joinState({ ...parts, hidden: scale(update === undefined ? sum : addResidual(sum, update), pass) }, after);
    });
  return compose(mix, byPosition);
}

interface Attended {
  readonly output: tf.Tensor;
  /** Keys, normalized but not rotated, and values under their names in the state. */
  readonly keys: StateParts;
}

/** Attention to the layer's own keys and values, or to shared ones in `parts`. */
export function sharingAttention(block: PartList, layer: number, rotary: RotaryFrequencies) {
  const { config } = block.plan;
  const of = (name: string) => block.linear(`layers.{n}.self_attn.${name}`);
  const from = keyLayerOf(config, layer);
  const query = of("q_proj");
  const keysAndValues = from === layer ? keysAndValuesOf(block, layer) : undefined;
  const output = of("o_proj");
  const queryNorm = block.norm("layers.{n}.self_attn.q_norm");
  const window = config.windows[layer] ?? null;
  const keyHeads = window === null ? config.globalKeyValueHeads : config.keyValueHeads;
  return (x: tf.Tensor, parts: StateParts, pass: Pass): Attended => {
    const keys = keysAndValues?.(x, pass) ?? parts;
    // Under the same name, whether the layer made them or the state carries them.
    const [key, value] = ["key", "value"].map((name) => keys[`${name} ${from}`]) as [tf.Tensor, tf.Tensor];
    const project = () => ({ query: query.forward(x, pass.context), key, value });
    const attention = attentionOf(block, layer, { project, output, queryNorm, rotary, window, keyHeads, scale: 1 });
    return { output: attention(x, pass), keys };
  };
}

function keysAndValuesOf(block: PartList, layer: number): (x: tf.Tensor, pass: Pass) => StateParts {
  const { config } = block.plan;
  const keyMap = block.linear("layers.{n}.self_attn.k_proj");
  const valueMap = block.optionalLinear("layers.{n}.self_attn.v_proj");
  const keyNorm = block.norm("layers.{n}.self_attn.k_norm");
  const valueNorm = plainRmsNorm(config.normEpsilon);
  const headSize = config.windows[layer] === null ? config.globalHeadSize : config.headSize;
  return (x, { context }) => {
    const byHead = (y: tf.Tensor) => tf.reshape(y, [x.shape[0] ?? 0, x.shape[1] ?? 0, -1, headSize]);
    const joinHeads = (y: tf.Tensor) => tf.reshape(y, [x.shape[0] ?? 0, x.shape[1] ?? 0, keyWidth(config, layer)]);
    const key = byHead(keyMap.forward(x, context));
    const value = valueMap === undefined ? key : byHead(valueMap.forward(x, context));
    return {
      [`key ${layer}`]: joinHeads(keyNorm.forward(key, context)),
      [`value ${layer}`]: joinHeads(valueNorm.forward(value, context)),
    };
  };
}

/** norm(project(activation(gate(y))·input)) */
export function layerInput(block: PartList): (hidden: tf.Tensor, input: tf.Tensor, pass: Pass) => tf.Tensor {
  const gate = block.linear("layers.{n}.per_layer_input_gate");
  const project = block.linear("layers.{n}.per_layer_projection");
  const norm = block.norm("layers.{n}.post_per_layer_input_norm");
  const activation = activations[block.plan.config.activation];
  return (hidden, input, { context }) => {
    const gated = activation.gate(gate.forward(hidden, context), input);
    return norm.forward(project.forward(gated, context), context);
  };
}

/** The feed-forward of `normed`. Experts, if there are any, read `hidden`, the state before the norm. */
function feedForward(block: PartList, layer: number): (normed: tf.Tensor, hidden: tf.Tensor, pass: Pass) => tf.Tensor {
  const plain = llamaFeedForward(block);
  if (!block.has("layers.{n}.router.proj")) return (normed, _, pass) => plain(normed, pass);
  const mixture = gemma4Experts(block, layer);
  const ofPlain = block.norm("layers.{n}.post_feedforward_layernorm_1");
  const ofExperts = block.norm("layers.{n}.post_feedforward_layernorm_2");
  return (normed, hidden, pass) => {
    const plainStates = ofPlain.forward(plain(normed, pass), pass.context);
    return tf.add(plainStates, ofExperts.forward(mixture(hidden, pass), pass.context));
  };
}

function gemma4Experts(block: PartList, layer: number): Layer {
  const { activation, expertsPerToken, hiddenSize, normEpsilon } = block.plan.config;
  const norm = plainRmsNorm(normEpsilon);
  const of = (name: string) => block.tensor(`layers.{n}.${name}`);
  const [project, scale] = [block.linear("layers.{n}.router.proj"), of("router.scale")];
  const ofExperts = of("router.per_expert_scale");
  return expertMixture({
    path: `layers.${layer}.experts`,
    router: {
      hookPoints: [project, scale],
      scores: (x, context) => {
        const scaled = tf.mul(tf.mul(norm.forward(x, context), scale.value(context)), hiddenSize ** -0.5);
        return tf.squeeze(project.forward(tf.expandDims(scaled, 1), context), [1]) as tf.Tensor2D;
      },
    },
    norm: block.norm("layers.{n}.pre_feedforward_layernorm_2"),
    gateUp: { weight: of("experts.gate_up_proj") },
    down: { weight: of("experts.down_proj") },
    gate: halvesGate(activations[activation]),
    perToken: expertsPerToken,
    normTopkProb: true,
    rule: {
      hookPoints: [ofExperts],
      shares: (scores, pick, context) =>
        tf.mul(tf.softmax(pick(scores)), pick(tf.expandDims(ofExperts.value(context), 0))),
    },
  });
}
