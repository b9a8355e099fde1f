// Gemma 3n's text model (Gemma Team 2025), as transformers' modeling_gemma3n.py names it: Gemma 4's shared keys and inputs of layers,
// several residual streams (AltUp, Baykal et al. 2023), a narrow map next to attention (LAuReL, Menghani et al. 2024), and sparse gates.

import { describeValue } from "../../../../messages.ts";
import type { ConfigValues } from "../../../config-values.ts";
import type { ConfigProblem } from "../../../errors.ts";
import type { Family } from "../../../family.ts";
import { attentionBias, decoderSizes, textPart } from "../../shared/decoder-rows.ts";
import { linearRows, normRows, parameterRow, sizeRow } from "../../shared/module-rows.ts";
import { gemma4, gemma4Text, sharedKeyProblems } from "./gemma4-text.ts";

const at = (name: string) => `layers.{n}.${name}`;
const linear = { bias: false, layout: "out-in" } as const;

/** The tables of `gemma3n_text`. Gemma 4's experts, doubled widths and other global heads are off, because no key turns them on. */
export const gemma3nText: Family = {
  ...gemma4Text,
  modelType: "gemma3n_text",
  architectures: new Map([
    ["Gemma3nForCausalLM", "causal-lm"],
    ["Gemma3nTextModel", "feature-extraction"],
  ]),
  config: {
    ...gemma4Text.config,
    sizes: {
      ...decoderSizes({ keyValueHeads: 2, headSize: 256, maxPositions: 32_768 }),
      perLayerSize: sizeRow("hidden_size_per_layer_input", 256),
      perLayerVocabulary: sizeRow("vocab_size_per_layer_input", 262_144),
      sharedKeyLayers: sizeRow("num_kv_shared_layers", 15),
      streams: sizeRow("altup_num_inputs", 4),
      laurelRank: sizeRow("laurel_rank", 64),
    },
    rotary: { thetaFallback: 1_000_000, local: { key: "rope_local_base_freq", fallback: 10_000 } },
    switches: attentionBias,
    scalars: { logitCap: { key: "final_logit_softcapping", fallback: 30 } },
    window: { size: { key: "sliding_window", fallback: 512 }, layers: { exceptEvery: null, fallback: 5 } },
    sparsity: { key: "activation_sparsity_pattern", fallback: 0.95, sparseLayers: 10 },
    respell: withOneWidth,
    derive: (config) => ({ ...config, globalHeadSize: config.headSize, globalKeyValueHeads: config.keyValueHeads }),
    check: problemsOf,
    fixed: [
      { key: "altup_active_idx", values: [null, 0], effect: "layers compute another residual stream than the first" },
      { key: "altup_correct_scale", values: [null, true], effect: "the gate of a layer's input has no scale" },
    ],
    // `altup_coef_clip` bounds weights in training, which LoRA leaves as they are.
    ignored: ["altup_coef_clip", "altup_lr_multiplier", "query_pre_attn_scalar", "cache_implementation"],
  },
  tensors: [parameterRow(at("altup.correct_output_scale"), ({ hiddenSize }) => [hiddenSize])],
  linears: [
    ...gemma4Text.linears,
    ...linearRows(linear, [
      [at("altup.correction_coefs"), "streams", "streams"],
      [at("altup.prediction_coefs"), "streams", "squared-streams"],
      [at("altup.modality_router"), "hidden", "streams"],
      [at("laurel.linear_left"), "hidden", "laurel-rank"],
      [at("laurel.linear_right"), "laurel-rank", "hidden"],
    ]),
    // {n} counts the streams after the first.
    ...linearRows({ ...linear, inLayers: ({ streams }, number) => number < streams - 1 }, [
      ["altup_projections.{n}", "hidden", "hidden"],
      ["altup_unembed_projections.{n}", "hidden", "hidden"],
    ]),
  ],
  norms: [
    ...gemma4Text.norms,
    ...normRows("root-mean-square", [at("altup.router_norm"), at("laurel.post_laurel_norm")]),
  ],
};

/** Files list the feed-forward's width for each layer; it is supported if all are equal. */
function withOneWidth(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const widths: unknown = values.get("intermediate_size");
  const areEqual = Array.isArray(widths) && widths.every((width) => width === widths[0]);
  return areEqual ? new Map([...values, ["intermediate_size", widths[0]]]) : values;
}

function problemsOf(config: ConfigValues): readonly ConfigProblem[] {
  const { layers, streams, perLayerSize } = config;
  const invalid = (key: string, value: number, expected: string) =>
    ({ kind: "invalid", key, got: describeValue(value), expected }) as const;
  const last = layers + 1;
  return [
    ...sharedKeyProblems(config),
    ...(perLayerSize < 1 ? [invalid("hidden_size_per_layer_input", perLayerSize, "an integer from 1")] : []),
    ...(streams < 2 || streams > last ? [invalid("altup_num_inputs", streams, `an integer from 2 to ${last}`)] : []),
  ];
}

/** The tables of `gemma3n`, with the defaults of transformers' Gemma3nTextConfig. */
export const gemma3n = textPart(gemma3nText, {
  modelType: "gemma3n",
  name: "Gemma3nForConditionalGeneration",
  defaults: { hidden: 2048, intermediate: 16_384, layers: 35, heads: 8, vocabulary: 262_400 },
  config: { ignored: [...(gemma4.config.ignored ?? []), "audio_soft_tokens_per_image"] },
  ignoredFileParts: gemma4.ignoredFileParts ?? [],
});
