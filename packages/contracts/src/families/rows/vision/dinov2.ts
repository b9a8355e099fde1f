// DINOv2 (Oquab et al. 2023; with registers, Darcet et al. 2023), as transformers' modeling_dinov2.py and
// modeling_dinov2_with_registers.py name it: ViT with LayerScale (learned factors for each half of a layer), for images of any size.

import type { ConfigValues } from "../../config-values.ts";
import type { Family, TensorRow } from "../../family.ts";
import { classifierRow } from "../shared/encoder-rows.ts";
import {
  attentionNames,
  backboneKeys,
  likeVit,
  vitAttention,
  vitConfig,
  vitEmbeddings,
  vitFeedForward,
} from "../shared/image-rows.ts";
import { linearRows, moduleSpellings, normRows, parameterRow } from "../shared/module-rows.ts";

const layer = "encoder.layer.{n}";
const { intermediateSize: _, ...sizes } = vitConfig.sizes;
const { embedding, attention } = vitConfig.dropouts;

const scales = [`${layer}.layer_scale1.lambda1`, `${layer}.layer_scale2.lambda1`].map((path) =>
  parameterRow(path, ({ hiddenSize }) => [hiddenSize]),
);

const gated = { key: "use_swiglu_ffn", fallback: false } as const;
const isGated = ({ switches }: ConfigValues) => switches.gatedFeedForward;
const isPlain = (config: ConfigValues) => !isGated(config);

/** Used only in pretraining, for masked patches. */
const maskToken: TensorRow = {
  path: "embeddings.mask_token",
  kind: "unused",
  shape: ({ hiddenSize }) => [1, hiddenSize],
};

/** The tables of `dinov2`. */
export const dinov2 = likeVit("dinov2", {
  name: "Dinov2",
  readsImagesOfAnySize: true,
  config: {
    sizes: { ...sizes, patchSize: { ...sizes.patchSize, fallback: 14 } },
    normEpsilon: { key: "layer_norm_eps", fallback: 1e-6 },
    dropouts: { embedding, attention, path: { keys: ["drop_path_rate"], fallback: 0 } },
    switches: {
      ...vitConfig.switches,
      gatedFeedForward: gated,
      maskToken: { key: "use_mask_token", fallback: true },
    },
    scalars: { feedForwardRatio: { key: "mlp_ratio", fallback: 4 } },
    derive: withIntermediateSize,
    // The initialization of LayerScale, and the outputs of a backbone for other models.
    ignored: ["layerscale_value", "apply_layernorm", "reshape_hidden_states", ...backboneKeys],
  },
  tensors: [
    ...vitEmbeddings(["embeddings.cls_token"]),
    { ...maskToken, when: ({ switches }) => switches.maskToken },
    ...scales,
  ],
  linears: [
    ...vitAttention(layer),
    ...vitFeedForward(layer).map((row) => ({ ...row, when: isPlain })),
    ...linearRows({ bias: true, layout: "out-in", when: isGated }, [
      [`${layer}.mlp.gate_proj`, "hidden", "intermediate"],
      [`${layer}.mlp.up_proj`, "hidden", "intermediate"],
      [`${layer}.mlp.down_proj`, "intermediate", "hidden"],
    ]),
  ],
  norms: normRows("layer", [`${layer}.norm1`, `${layer}.norm2`, "layernorm"]),
  heads: {
    "image-classification": { linears: [{ ...classifierRow("classifier"), inFeatures: "double-hidden" }] },
  },
  fileSpellings: moduleSpellings([...attentionNames, ["mlp.weights_out", "mlp.down_proj"]]),
  fusedFileKeys: ["weight", "bias"].map((end) => ({
    file: `${layer}.mlp.weights_in.${end}`,
    paths: [`${layer}.mlp.gate_proj.${end}`, `${layer}.mlp.up_proj.${end}`],
  })),
});

/** The tables of `dinov2_with_registers`. */
export const dinov2WithRegisters: Family = {
  ...dinov2,
  modelType: "dinov2_with_registers",
  basePrefix: "dinov2_with_registers",
  architectures: new Map([
    ["Dinov2WithRegistersForImageClassification", "image-classification"],
    ["Dinov2WithRegistersModel", "feature-extraction"],
  ]),
  config: {
    ...dinov2.config,
    sizes: {
      ...dinov2.config.sizes,
      patchSize: { ...sizes.patchSize, fallback: 16 },
      registers: { keys: ["num_register_tokens"], fallback: 4 },
    },
    switches: { ...vitConfig.switches, gatedFeedForward: gated },
  },
  tensors: [
    ...vitEmbeddings(["embeddings.cls_token"]),
    maskToken,
    parameterRow("embeddings.register_tokens", ({ registers, hiddenSize }) => [1, registers, hiddenSize]),
    ...scales,
  ],
};

function withIntermediateSize(config: ConfigValues): ConfigValues {
  const plain = Math.trunc(config.hiddenSize * (config.scalars.feedForwardRatio ?? 1));
  if (isPlain(config)) return { ...config, intermediateSize: plain };
  // A gated feed-forward has three matrices, so it has two thirds of the width, rounded up to a multiple of 8.
  return { ...config, intermediateSize: Math.ceil(Math.trunc((plain * 2) / 3) / 8) * 8, activation: "silu" };
}
