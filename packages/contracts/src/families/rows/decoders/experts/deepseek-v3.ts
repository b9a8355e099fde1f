// DeepSeek-V3 (DeepSeek-AI 2024), as transformers' modeling_deepseek_v3.py names it: keys and values of all heads from one narrow state
// (latent attention), and a mixture whose router chooses groups of experts first. GLM-4.5 (GLM Team 2025, modeling_glm4_moe.py) has the
// mixture with LLaMA's attention.

import { describeValue } from "../../../../messages.ts";
import type { ConfigValues } from "../../../config-values.ts";
import type { ConfigProblem } from "../../../errors.ts";
import {
  attentionBias,
  decoderClasses,
  decoderNorms,
  decoderSizes,
  gatedFeedForward,
  languageModelClasses,
  likeLlama,
  separateAttention,
} from "../../shared/decoder-rows.ts";
import {
  expertNames,
  expertTensors,
  groupedRouter,
  inMixtures,
  problemsOfGroups,
  scoreCorrectionBias,
  sharedExperts,
  stackedExperts,
} from "../../shared/expert-rows.ts";
import { linearRows, sizeRow } from "../../shared/module-rows.ts";

const mixture = {
  tensors: inMixtures([...expertTensors, scoreCorrectionBias]),
  linears: [...inMixtures(sharedExperts), ...inMixtures(gatedFeedForward(false), false)],
  stackedFileKeys: stackedExperts("layers.{n}.mlp", expertNames),
  // The layers that predict further tokens.
  ignoredFileParts: [46, 61, 92].map((layer) => `model.layers.${layer}.`),
};

const glmRouter = groupedRouter({ experts: 128, width: 1408, groups: 1, groupsPerToken: 1, plainLayers: 1, scale: 1 });
const hasHeadNorms = { when: ({ switches }: ConfigValues) => switches.queryKeyNorm };

/** The tables of `glm4_moe`. */
export const glm4Moe = likeLlama("glm4_moe", languageModelClasses("Glm4Moe"), {
  config: {
    ...glmRouter,
    sizes: {
      ...decoderSizes({ keyValueHeads: 8, headSize: null, maxPositions: 131_072 }),
      ...glmRouter.sizes,
      intermediateSize: sizeRow("intermediate_size", 10_944),
    },
    normEpsilon: { key: "rms_norm_eps", fallback: 1e-5 },
    dropouts: { attention: { keys: ["attention_dropout"], fallback: 0 } },
    rotary: { share: { key: "partial_rotary_factor", fallback: 0.5 } },
    switches: { ...attentionBias, ...glmRouter.switches, queryKeyNorm: { key: "use_qk_norm", fallback: false } },
    check: problemsOfGroups,
  },
  ...mixture,
  linears: [...separateAttention("attentionBias", { bias: false }), ...mixture.linears],
  norms: [
    { path: "layers.{n}.self_attn.q_norm", kind: "root-mean-square", width: "head", ...hasHeadNorms },
    { path: "layers.{n}.self_attn.k_norm", kind: "root-mean-square", width: "head", ...hasHeadNorms },
    ...decoderNorms,
  ],
});

const router = groupedRouter({ experts: 256, width: 2048, groups: 8, groupsPerToken: 4, plainLayers: 3, scale: 2.5 });
const hasRank = ({ queryRank }: ConfigValues) => queryRank > 0;
const narrow = { kind: "root-mean-square", epsilon: 1e-6 } as const;
const plain = { bias: false, layout: "out-in" } as const;
const biased = { bias: "attentionBias", layout: "out-in" } as const;
const at = (name: string) => `layers.{n}.self_attn.${name}`;

/** The tables of `deepseek_v3`. */
export const deepseekV3 = likeLlama("deepseek_v3", decoderClasses("DeepseekV3", ["token-classification"]), {
  config: {
    ...router,
    sizes: {
      ...decoderSizes({ keyValueHeads: null, maxPositions: 4096 }),
      ...router.sizes,
      keyValueHeads: sizeRow("num_key_value_heads", { times: 1, of: "heads" }),
      // The part of a head that rotates.
      headSize: sizeRow("qk_rope_head_dim", 64),
      plainHeadSize: sizeRow("qk_nope_head_dim", 128),
      valueHeadSize: sizeRow("v_head_dim", 128),
      queryRank: sizeRow("q_lora_rank", 1536),
      keyValueRank: sizeRow("kv_lora_rank", 512),
    },
    rotary: { scalesScores: true },
    switches: { ...attentionBias, ...router.switches, rotatesNeighbours: { key: "rope_interleave", fallback: true } },
    // null leaves out the narrow queries; a missing key does not.
    respell: (values) => (values.get("q_lora_rank") === null ? new Map([...values, ["q_lora_rank", 0]]) : values),
    check: (config) => [...problemsOfGroups(config), ...problemsOfHeads(config)],
    ignored: [...router.ignored, "head_dim", "qk_head_dim"],
  },
  ...mixture,
  linears: [
    ...linearRows({ ...plain, when: (config) => !hasRank(config) }, [[at("q_proj"), "hidden", "latent-queries"]]),
    ...linearRows({ ...biased, when: hasRank }, [[at("q_a_proj"), "hidden", "query-rank"]]),
    ...linearRows({ ...plain, when: hasRank }, [[at("q_b_proj"), "query-rank", "latent-queries"]]),
    ...linearRows(biased, [
      [at("kv_a_proj_with_mqa"), "hidden", "key-value-rank-and-head"],
      [at("o_proj"), "latent-values", "hidden"],
    ]),
    ...linearRows(plain, [[at("kv_b_proj"), "key-value-rank", "latent-key-values"]]),
    ...mixture.linears,
  ],
  norms: [
    { path: at("q_a_layernorm"), width: "query-rank", when: hasRank, ...narrow },
    { path: at("kv_a_layernorm"), width: "key-value-rank", ...narrow },
    ...decoderNorms,
  ],
});

function problemsOfHeads({ heads, keyValueHeads }: ConfigValues): readonly ConfigProblem[] {
  if (keyValueHeads === heads) return [];
  const expected = `num_attention_heads (${heads}), since each head has keys of its own`;
  return [{ kind: "invalid", key: "num_key_value_heads", got: describeValue(keyValueHeads), expected }];
}
