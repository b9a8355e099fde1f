// Cohere 2 with experts (Cohere 2026: Command A Plus), as transformers' modeling_cohere2_moe.py names it: Cohere 2 with a mixture and
// shared experts instead of the feed-forward, except in the first layers, which may have other windows.

import { sizeLimits } from "../../../config-names.ts";
import type { ConfigValues } from "../../../config-values.ts";
import { decoderSizes, languageModelClasses, likeLlama } from "../../shared/decoder-rows.ts";
import { expertNames, expertTensors, inMixtures, sharedExperts, stackedExperts } from "../../shared/expert-rows.ts";
import { sizeRow } from "../../shared/module-rows.ts";
import { cohere2 } from "../other-norms/cohere2.ts";

const { config, linears, norms } = cohere2;
const isFeedForward = ({ path }: { readonly path: string }) => path.includes(".mlp.");
const hasRmsNorms = ({ scalars }: ConfigValues) => scalars.rmsNormEpsilon !== null;
const combination = { key: "shared_expert_combination_strategy", values: ["sum", "average"], fallback: true } as const;

/** The tables of `cohere2_moe`. */
export const cohere2Moe = likeLlama("cohere2_moe", languageModelClasses("Cohere2Moe"), {
  config: {
    ...config,
    sizes: {
      ...decoderSizes({ headSize: 128, maxPositions: 8192 }),
      intermediateSize: { keys: ["prefix_dense_intermediate_size", "intermediate_size"] },
      experts: sizeRow("num_experts", 8),
      expertsPerToken: sizeRow("num_experts_per_tok", 2),
      expertIntermediateSize: sizeRow("intermediate_size"),
      sharedExperts: sizeRow("num_shared_experts", 0),
      windowPeriod: sizeRow("sliding_window_pattern", 4),
      plainWindowPeriod: sizeRow("prefix_dense_sliding_window_pattern", 1),
    },
    normEpsilon: { key: "rms_norm_eps", otherKey: "layer_norm_eps", fallback: 1e-5 },
    tokenIds: { padding: 0 },
    switches: {
      ...config.switches,
      normTopkProb: { key: "norm_topk_prob", fallback: true },
      sigmoidRouting: { key: "expert_selection_fn", values: ["softmax", "sigmoid"], fallback: false },
      averagesSharedExperts: combination,
    },
    scalars: { ...config.scalars, rmsNormEpsilon: { key: "rms_norm_eps", fallback: null, mayBeZero: true } },
    layerKinds: {
      kind: "experts",
      types: ["dense", "sparse"],
      typesKey: "mlp_layer_types",
      from: { key: "first_k_dense_replace", fallback: 0 },
    },
    // transformers 5.24 ignores it.
    fixed: [...(config.fixed ?? []), { key: "rope_scaling", values: [null], effect: "use rope_parameters" }],
    respell: withLayerTypes,
    derive: asTransformers,
    // transformers has no loss that balances experts here.
    ignored: [...(config.ignored ?? []), "output_router_logits"],
  },
  linears: [
    ...linears.filter((row) => !isFeedForward(row)),
    ...inMixtures(sharedExperts),
    ...inMixtures(linears.filter(isFeedForward), false),
  ],
  tensors: inMixtures(expertTensors),
  norms: [
    ...norms.map((row) => ({ ...row, when: (values: ConfigValues) => !hasRmsNorms(values) })),
    ...norms.map((row) => ({ ...row, kind: "root-mean-square" as const, when: hasRmsNorms })),
  ],
  stackedFileKeys: stackedExperts("layers.{n}.mlp", expertNames),
});

/** The types of attention if the file has none: the first layers are counted by themselves. The numbers are checked as sizes. */
function withLayerTypes(values: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  if ((values.get("layer_types") ?? null) !== null) return values;
  const numberAt = (key: string, fallback: number) => Number(values.get(key) ?? fallback);
  const first = numberAt("first_k_dense_replace", 0);
  const [before, period] = [numberAt("prefix_dense_sliding_window_pattern", 1), numberAt("sliding_window_pattern", 4)];
  const length = Math.min(numberAt("num_hidden_layers", 0) || 0, sizeLimits.layers);
  const isWhole = (layer: number) => (layer < first ? (layer + 1) % before : (layer - first + 1) % period) === 0;
  const types = Array.from({ length }, (_, layer) => (isWhole(layer) ? "full_attention" : "sliding_attention"));
  return new Map([...values, ["layer_types", types]]);
}

/** Without windows of their own, layers without a mixture rotate as well. A softmax of the chosen scores always adds up to 1. */
function asTransformers(checked: ConfigValues): ConfigValues {
  const { layerKinds, rotatingLayers, switches, plainWindowPeriod } = checked;
  const rotates = (layer: number) => plainWindowPeriod === 1 && layerKinds[layer] === "plain";
  return {
    ...checked,
    rotatingLayers: rotatingLayers.map((hasWindow, layer) => hasWindow || rotates(layer)),
    switches: { ...switches, normTopkProb: switches.normTopkProb || !switches.sigmoidRouting },
  };
}
