// Qwen 3.5 (Qwen Team 2026), as transformers' modeling_qwen3_5.py names its text model: gated delta nets in three layers of four,
// attention with a gate on its outputs in the fourth.

import type { ConfigValues } from "../../../config-values.ts";
import type { TensorRow } from "../../../family.ts";
import {
  attentionBias,
  decoderSizes,
  gatedFeedForward,
  likeLlama,
  separateAttention,
  textPart,
} from "../../shared/decoder-rows.ts";
import { linearRows, parameterRow } from "../../shared/module-rows.ts";

/** Whether a layer has a memory instead of attention. */
export const hasMemory = ({ layerKinds }: ConfigValues, layer: number) => layerKinds[layer] === "memory";
export const hasAttention = (config: ConfigValues, layer: number) => !hasMemory(config, layer);

const net = "layers.{n}.linear_attn";
const norm = { kind: "root-mean-square", gainOffset: 1 } as const;

/** Weights of the delta net: two numbers for each head, and the convolution kernel of queries, keys and values. */
const tensors: readonly TensorRow[] = [
  parameterRow(`${net}.dt_bias`, ({ memoryHeads }) => [memoryHeads], { inLayers: hasMemory }),
  parameterRow(`${net}.A_log`, ({ memoryHeads }) => [memoryHeads], { inLayers: hasMemory }),
  {
    path: `${net}.conv1d.weight`,
    kind: "parameter",
    shape: ({ memoryKeyHeads, memoryKeySize, memoryHeads, memoryValueSize, convKernelSize }) => [
      2 * memoryKeyHeads * memoryKeySize + memoryHeads * memoryValueSize,
      1,
      convKernelSize,
    ],
    inLayers: hasMemory,
  },
];

/** The tables of `qwen3_5_text`. */
export const qwen35Text = likeLlama(
  "qwen3_5_text",
  new Map([
    ["Qwen3_5ForCausalLM", "causal-lm"],
    ["Qwen3_5TextForSequenceClassification", "sequence-classification"],
    ["Qwen3_5ForTokenClassification", "token-classification"],
    ["Qwen3_5TextModel", "feature-extraction"],
  ]),
  {
    config: {
      sizes: {
        ...decoderSizes({ keyValueHeads: 4, headSize: 256, maxPositions: 32_768 }),
        convKernelSize: { keys: ["linear_conv_kernel_dim"], fallback: 4 },
        memoryHeads: { keys: ["linear_num_value_heads"], fallback: 32 },
        memoryKeyHeads: { keys: ["linear_num_key_heads"], fallback: 16 },
        memoryKeySize: { keys: ["linear_key_head_dim"], fallback: 128 },
        memoryValueSize: { keys: ["linear_value_head_dim"], fallback: 128 },
      },
      // A text token has one position, an image patch three: the sections do not affect texts.
      rotary: {
        share: { key: "partial_rotary_factor", fallback: 0.25 },
        ignored: ["mrope_section", "mrope_interleaved"],
      },
      switches: attentionBias,
      layerKinds: {
        kind: "memory",
        types: ["full_attention", "linear_attention"],
        plainEach: { key: "full_attention_interval", fallback: 4 },
      },
      fixed: [{ key: "attn_output_gate", values: [null, true], effect: "false leaves out the gate after attention" }],
      // Multi-token prediction in training, and the precision of the memory on CUDA.
      ignored: ["mtp_num_hidden_layers", "mtp_use_dedicated_embeddings", "mamba_ssm_dtype", "mlp_only_layers"],
    },
    tensors,
    linears: [
      ...separateAttention("attentionBias").map((row) => ({
        ...row,
        ...(row.path.endsWith(".q_proj") ? ({ outFeatures: "double-queries" } as const) : {}),
        inLayers: hasAttention,
      })),
      ...linearRows({ bias: false, layout: "out-in", inLayers: hasMemory }, [
        [`${net}.in_proj_qkv`, "hidden", "memory-inputs"],
        [`${net}.in_proj_z`, "hidden", "memory-values"],
        [`${net}.in_proj_b`, "hidden", "memory-heads"],
        [`${net}.in_proj_a`, "hidden", "memory-heads"],
        [`${net}.out_proj`, "memory-values", "hidden"],
      ]),
      ...gatedFeedForward(false),
    ],
    norms: [
      { path: `${net}.norm`, kind: "root-mean-square", width: "memory-value", inLayers: hasMemory },
      { path: "layers.{n}.self_attn.q_norm", width: "head", inLayers: hasAttention, ...norm },
      { path: "layers.{n}.self_attn.k_norm", width: "head", inLayers: hasAttention, ...norm },
      { path: "layers.{n}.input_layernorm", ...norm },
      { path: "layers.{n}.post_attention_layernorm", ...norm },
      { path: "norm", ...norm },
    ],
    ignoredFileParts: ["mtp.", "visual."],
  },
);

/** Keys of config.json that only models with images have. */
export const visionKeys = ["image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id"] as const;

/** The tables of `qwen3_5`, with the defaults of transformers' Qwen3_5TextConfig. */
export const qwen35 = textPart(qwen35Text, {
  modelType: "qwen3_5",
  name: "Qwen3_5ForConditionalGeneration",
  defaults: { hidden: 4096, intermediate: 12_288, layers: 32, heads: 16, vocabulary: 248_320 },
  config: { ignored: visionKeys },
});
