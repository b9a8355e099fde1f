// Gemma 4's text model (Gemma Team 2026), as transformers' modeling_gemma4.py names it: Gemma 3 with wider heads in the layers without
// a window, keys and values that the last layers take from earlier ones, inputs of each layer from a table of their own, and, in one
// size, experts next to the feed-forward.

import { describeValue } from "../../../../messages.ts";
import { jsonObject } from "../../../config/config-reader.ts";
import type { ConfigValues } from "../../../config-values.ts";
import type { ConfigProblem } from "../../../errors.ts";
import type { LinearRow, Width } from "../../../family.ts";
import { attentionBias, decoderSizes, languageModelClasses, likeLlama, textPart } from "../../shared/decoder-rows.ts";
import { expertTensors } from "../../shared/expert-rows.ts";
import { linearRows, normRows, parameterRow, sizeRow } from "../../shared/module-rows.ts";

type InLayers = (config: ConfigValues, layer: number) => boolean;

const isGlobal: InLayers = ({ windows }, layer) => windows[layer] === null;
const isLocal: InLayers = (config, layer) => !isGlobal(config, layer);
/** Whether a layer has keys and values of its own. */
const hasKeys: InLayers = ({ layers, sharedKeyLayers }, layer) => layer < layers - sharedKeyLayers;
const isWide: InLayers = (config, layer) => config.switches.doublesFeedForward && !hasKeys(config, layer);
/** In layers without a window keys may be values, too. */
const hasValues: InLayers = (config, layer) =>
  hasKeys(config, layer) && !(config.switches.keysAsValues && isGlobal(config, layer));

const linear = { bias: false, layout: "out-in" } as const;
const hasPerLayerInputs = { when: ({ perLayerSize }: ConfigValues) => perLayerSize > 0 };
const hasExperts = { when: ({ switches }: ConfigValues) => switches.hasExperts };
const norm = { kind: "root-mean-square" } as const;
const at = (name: string) => `layers.{n}.${name}`;
const selfAttn = (name: string) => at(`self_attn.${name}`);

/** The linear layers and norms of layers with a window, or of layers without one. */
function attention(kind: InLayers, widths: { readonly head: Width; readonly queries: Width; readonly keys: Width }) {
  const onlyIf =
    (condition: InLayers): InLayers =>
    (config, layer) =>
      kind(config, layer) && condition(config, layer);
  const biased = { bias: "attentionBias", layout: "out-in" } as const;
  const { head, queries, keys } = widths;
  return {
    linears: [
      { path: selfAttn("q_proj"), inFeatures: "hidden", outFeatures: queries, inLayers: kind, ...biased },
      { path: selfAttn("o_proj"), inFeatures: queries, outFeatures: "hidden", inLayers: kind, ...biased },
      { path: selfAttn("k_proj"), inFeatures: "hidden", outFeatures: keys, inLayers: onlyIf(hasKeys), ...biased },
      { path: selfAttn("v_proj"), inFeatures: "hidden", outFeatures: keys, inLayers: onlyIf(hasValues), ...biased },
    ] satisfies readonly LinearRow[],
    norms: [
      { path: selfAttn("q_norm"), width: head, inLayers: kind, ...norm },
      { path: selfAttn("k_norm"), width: head, inLayers: onlyIf(hasKeys), ...norm },
    ],
  };
}

const local = attention(isLocal, { head: "head", queries: "queries", keys: "key-values" });
const global = attention(isGlobal, { head: "global-head", queries: "global-queries", keys: "global-key-values" });

function feedForward(inLayers: InLayers, width: "intermediate" | "double-intermediate"): readonly LinearRow[] {
  return linearRows({ ...linear, inLayers }, [
    [at("mlp.gate_proj"), "hidden", width],
    [at("mlp.up_proj"), "hidden", width],
    [at("mlp.down_proj"), width, "hidden"],
  ]);
}

/** The tables of `gemma4_text`. */
export const gemma4Text = likeLlama(
  "gemma4_text",
  new Map([...languageModelClasses("Gemma4")].map(([name, task]) => [name.replace("4Model", "4TextModel"), task])),
  {
    config: {
      sizes: {
        ...decoderSizes({ keyValueHeads: 4, headSize: 256, maxPositions: 131_072 }),
        globalHeadSize: sizeRow("global_head_dim", 512),
        globalKeyValueHeads: sizeRow("num_global_key_value_heads", { times: 1, of: "keyValueHeads" }),
        perLayerSize: sizeRow("hidden_size_per_layer_input", 256),
        perLayerVocabulary: sizeRow("vocab_size_per_layer_input", 262_144),
        sharedKeyLayers: sizeRow("num_kv_shared_layers", 0),
        experts: sizeRow("num_experts", 0),
        expertsPerToken: sizeRow("top_k_experts", 0),
        expertIntermediateSize: sizeRow("moe_intermediate_size", 0),
      },
      activation: { key: "hidden_activation", fallback: "gelu_pytorch_tanh" },
      dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
      tokenIds: { padding: 0 },
      tiedByDefault: true,
      rotary: {
        thetaFallback: 1_000_000,
        share: { key: "partial_rotary_factor", fallback: 1 },
        local: { fallback: 10_000 },
        standard: { rope_type: "proportional", partial_rotary_factor: 0.25 },
      },
      switches: {
        ...attentionBias,
        // Images alone are seen both ways under "vision".
        flipsCausalMask: { key: "use_bidirectional_attention", values: ["vision", "all"], fallback: false },
        keysAsValues: { key: "attention_k_eq_v", fallback: false },
        hasExperts: { key: "enable_moe_block", fallback: false },
        doublesFeedForward: { key: "use_double_wide_mlp", fallback: false },
      },
      scalars: { logitCap: { key: "final_logit_softcapping", fallback: null } },
      window: { size: { key: "sliding_window", fallback: 512 }, layers: { exceptEvery: null, fallback: 6 } },
      respell: withGlobalSizes,
      derive: asTransformers,
      check: problemsOf,
      fixed: [{ key: "per_layer_config", values: [null, {}], effect: "layers have sizes of their own" }],
      // `is_causal` follows from `use_bidirectional_attention`.
      ignored: ["cache_implementation", "is_causal"],
    },
    tensors: [
      { path: at("layer_scalar"), kind: "buffer", shape: () => [1], init: "ones" },
      parameterRow(at("router.scale"), ({ hiddenSize }) => [hiddenSize], hasExperts),
      parameterRow(at("router.per_expert_scale"), ({ experts }) => [experts], hasExperts),
      ...expertTensors
        .filter(({ path }) => path.includes(".mlp.experts."))
        .map((row) => ({ ...row, path: row.path.replace(".mlp.", "."), ...hasExperts })),
    ],
    embeddings: [
      { path: "embed_tokens", rows: "vocabulary", scale: "root-of-hidden" },
      {
        path: "embed_tokens_per_layer",
        rows: "per-layer-vocabulary",
        columns: "all-per-layer",
        scale: "root-of-per-layer",
        ...hasPerLayerInputs,
      },
    ],
    linears: [
      ...local.linears,
      ...global.linears,
      ...feedForward((config, layer) => !isWide(config, layer), "intermediate"),
      ...feedForward(isWide, "double-intermediate"),
      ...linearRows({ ...linear, ...hasPerLayerInputs }, [
        [at("per_layer_input_gate"), "hidden", "per-layer"],
        [at("per_layer_projection"), "per-layer", "hidden"],
        ["per_layer_model_projection", "hidden", "all-per-layer"],
      ]),
      ...linearRows({ ...linear, ...hasExperts }, [[at("router.proj"), "hidden", "experts"]]),
    ],
    norms: [
      ...local.norms,
      ...global.norms,
      ...normRows("root-mean-square", [
        ...["input_layernorm", "post_attention_layernorm"].map(at),
        ...["pre_feedforward_layernorm", "post_feedforward_layernorm"].map(at),
        "norm",
      ]),
      { path: at("post_per_layer_input_norm"), ...norm, ...hasPerLayerInputs },
      { path: "per_layer_projection_norm", ...norm, width: "per-layer", ...hasPerLayerInputs },
      ...["post_feedforward_layernorm_1", "post_feedforward_layernorm_2", "pre_feedforward_layernorm_2"].map(
        (name) => ({ path: at(name), ...norm, ...hasExperts }),
      ),
    ],
    // Files also have them in layers that use an earlier layer's keys.
    ignoredFileKeys: ["k_proj", "v_proj", "k_norm", "v_norm"].map((name) => `self_attn.${name}.weight`),
  },
);

/** transformers 5.24 writes `global_head_dim` and `num_global_key_value_heads` as `per_layer_config`, once for each global layer. */
function withGlobalSizes(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const byLayer = jsonObject(values.get("per_layer_config"));
  const types: unknown = values.get("layer_types");
  if (byLayer === null || !Array.isArray(types)) return values;
  const globals = types.flatMap((type, layer) => (type === "full_attention" ? [String(layer)] : []));
  const [first, ...others] = globals.map((layer) => byLayer.get(layer));
  const sizes = jsonObject(first);
  const areEqual = others.every((other) => JSON.stringify(other) === JSON.stringify(first));
  if (sizes === null || !areEqual || byLayer.size !== globals.length) return values;
  const { head_dim, num_key_value_heads, ...rest } = Object.fromEntries(sizes);
  // Without this switch transformers' own files have no such number.
  const hasOwnHeads = num_key_value_heads !== undefined && values.get("attention_k_eq_v") !== true;
  if (Object.keys(rest).length > 0 || hasOwnHeads) return values;
  const fields = { global_head_dim: head_dim, num_global_key_value_heads: num_key_value_heads, per_layer_config: null };
  return new Map([...values, ...Object.entries(fields).filter(([, value]) => value !== undefined)]);
}

function asTransformers(config: ConfigValues): ConfigValues {
  const { switches, layers, keyValueHeads, globalKeyValueHeads, rotary } = config;
  const windows = config.windows.map((size, layer) => {
    if (layer === layers - 1) return null;
    // The file counts the keys on both sides then; transformers adds one, and includes the farthest.
    return switches.flipsCausalMask && size !== null ? (size >> 1) + 2 : size;
  });
  return {
    ...config,
    windows,
    globalKeyValueHeads: switches.keysAsValues ? globalKeyValueHeads : keyValueHeads,
    rotary: rotary?.scaling.type === "none" ? { ...rotary, share: 1 } : rotary,
  };
}

function problemsOf(original: ConfigValues): readonly ConfigProblem[] {
  const config = asTransformers(original);
  const { headSize, globalHeadSize, switches, experts, expertsPerToken } = config;
  const invalid = (key: string, value: unknown, expected: string) =>
    ({ kind: "invalid", key, got: describeValue(value), expected }) as const;
  const lacksExperts = switches.hasExperts && (experts < 1 || expertsPerToken < 1 || config.expertIntermediateSize < 1);
  return [
    ...sharedKeyProblems(config),
    ...(headSize % 2 ? [invalid("head_dim", headSize, "an even number")] : []),
    ...(globalHeadSize % 2 ? [invalid("global_head_dim", globalHeadSize, "an even number")] : []),
    ...(config.heads % config.globalKeyValueHeads
      ? [invalid("num_global_key_value_heads", config.globalKeyValueHeads, `a divisor of the heads (${config.heads})`)]
      : []),
    ...(lacksExperts
      ? [invalid("enable_moe_block", true, "num_experts, top_k_experts and moe_intermediate_size with it")]
      : []),
  ];
}

/** Each type of layer must occur before the first layer that uses the keys of others. */
export function sharedKeyProblems({ windows, layers, sharedKeyLayers }: ConfigValues): readonly ConfigProblem[] {
  const typesWithKeys = new Set(windows.slice(0, Math.max(0, layers - sharedKeyLayers)));
  if (windows.every((size) => typesWithKeys.has(size))) return [];
  const expected = "layers of every type before the first that shares";
  return [{ kind: "invalid", key: "num_kv_shared_layers", got: describeValue(sharedKeyLayers), expected }];
}

/** The tables of `gemma4`, with the defaults of transformers' Gemma4TextConfig. */
export const gemma4 = textPart(gemma4Text, {
  modelType: "gemma4",
  name: "Gemma4ForConditionalGeneration",
  defaults: { hidden: 2304, intermediate: 9216, layers: 30, heads: 8, vocabulary: 262_144 },
  config: {
    ignored: [
      ...["audio_config", "image_token_id", "video_token_id", "audio_token_id", "vision_soft_tokens_per_image"],
      ...["boi_token_id", "eoi_token_id", "boa_token_id", "eoa_token_index", "eoa_token_id"],
    ],
  },
  ignoredFileParts: ["vision_tower.", "audio_tower.", "embed_vision.", "embed_audio."],
});
