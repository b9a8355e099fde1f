// LFM2 (Liquid AI 2025), as transformers' modeling_lfm2.py names it: short convolutions with gates in most layers, attention with
// norms of queries and keys in the others.

import type { ConfigValues } from "../../../config-values.ts";
import type { LinearRow, TensorRow } from "../../../family.ts";
import { decoderSizes, languageModelClasses, likeLlama, separateAttention } from "../../shared/decoder-rows.ts";
import { linearRows, normRows } from "../../shared/module-rows.ts";

const isConvolution = ({ layerKinds }: ConfigValues, layer: number) => layerKinds[layer] === "convolution";
const isAttention = (config: ConfigValues, layer: number) => !isConvolution(config, layer);

const linear = { bias: false, layout: "out-in" } as const;

const taps: TensorRow = {
  path: "layers.{n}.conv.conv.weight",
  kind: "parameter",
  shape: ({ hiddenSize, convKernelSize }) => [hiddenSize, 1, convKernelSize],
  inLayers: isConvolution,
};

const attention: readonly LinearRow[] = separateAttention(false, { name: "out_proj" });

/** The tables of `lfm2`. */
export const lfm2 = likeLlama("lfm2", languageModelClasses("Lfm2"), {
  config: {
    sizes: {
      ...decoderSizes({ keyValueHeads: 8, maxPositions: 128_000 }),
      intermediateSize: { keys: ["block_ff_dim", "intermediate_size"] },
      convKernelSize: { keys: ["conv_L_cache"], fallback: 3 },
      intermediateStep: { keys: ["block_multiple_of"], fallback: 256 },
    },
    normEpsilon: { key: "norm_eps", fallback: 1e-5 },
    dropouts: {},
    tiedByDefault: true,
    tokenIds: { padding: 0 },
    rotary: { thetaFallback: 1_000_000 },
    switches: { adjustsFeedForward: { key: "block_auto_adjust_ff_dim", fallback: true } },
    scalars: { feedForwardRatio: { key: "block_ffn_dim_multiplier", fallback: 1 } },
    layerKinds: { kind: "convolution", types: ["full_attention", "conv"], plain: "full_attn_idxs" },
    derive: withIntermediateSize,
    fixed: [{ key: "conv_bias", values: [null, false], effect: "true adds biases to convolutions and their layers" }],
    // Older names of the same numbers, and settings of the initial weights.
    ignored: [
      ...["block_dim", "block_mlp_init_scale", "block_norm_eps", "block_out_init_scale", "block_use_swiglu"],
      ...["block_use_xavier_init", "conv_dim", "conv_dim_out", "conv_use_xavier_init", "num_heads", "tie_embedding"],
      ...["theta", "use_pos_enc"],
    ],
  },
  tensors: [taps],
  linears: [
    ...attention.map((row) => ({ ...row, inLayers: isAttention })),
    ...linearRows({ ...linear, inLayers: isConvolution }, [
      ["layers.{n}.conv.in_proj", "hidden", "triple-hidden"],
      ["layers.{n}.conv.out_proj", "hidden", "hidden"],
    ]),
    ...linearRows(linear, [
      ["layers.{n}.feed_forward.w1", "hidden", "intermediate"],
      ["layers.{n}.feed_forward.w3", "hidden", "intermediate"],
      ["layers.{n}.feed_forward.w2", "intermediate", "hidden"],
    ]),
  ],
  norms: [
    ...["q_layernorm", "k_layernorm"].map((name) => {
      const path = `layers.{n}.self_attn.${name}`;
      return { path, kind: "root-mean-square", width: "head", inLayers: isAttention } as const;
    }),
    ...normRows("root-mean-square", ["layers.{n}.operator_norm", "layers.{n}.ffn_norm", "embedding_norm"]),
  ],
});

/** Two thirds of the file's value, because there are three matrices, times a factor, rounded up to a multiple. It is applied once. */
function withIntermediateSize(config: ConfigValues): ConfigValues {
  const { intermediateSize, intermediateStep: step, scalars, switches } = config;
  if (!switches.adjustsFeedForward) return config;
  const adjusted = Math.trunc((scalars.feedForwardRatio ?? 1) * Math.trunc((2 * intermediateSize) / 3));
  return {
    ...config,
    intermediateSize: step * Math.ceil(adjusted / step),
    switches: { ...switches, adjustsFeedForward: false },
    scalars: { ...scalars, feedForwardRatio: 1 },
  };
}
