// Falcon (Almazrouei et al. 2023), as transformers' modeling_falcon.py names it. The rows of query_key_value are sorted by
// key head: its group of queries, its key, its value; the old models have one key head for all queries.

import type { ConfigValues } from "../../../config-values.ts";
import type { Family } from "../../../family.ts";
import { decoderClasses, decoderHeads, decoderSizes, rotaryBuffers, tokenDropout } from "../../shared/decoder-rows.ts";
import { linearRows } from "../../shared/module-rows.ts";

/** Whether the two halves of a parallel layer have a norm each. */
function hasTwoNorms({ switches, scalars }: ConfigValues): boolean {
  return switches.parallelResidual && (scalars.parallelNorms ?? (switches.groupedHeads ? 2 : 1)) === 2;
}

/** The tables of `falcon`. */
export const falcon: Family = {
  modelType: "falcon",
  causal: true,
  basePrefix: "transformer",
  architectures: decoderClasses("Falcon", ["token-classification", "question-answering"]),
  config: {
    sizes: {
      ...decoderSizes({ maxPositions: 2048 }),
      hiddenSize: { keys: ["hidden_size", "n_embed"] },
      intermediateSize: { keys: ["ffn_hidden_size"], fallback: { times: 4, of: "hiddenSize" } },
      keyValueHeads: { keys: ["num_kv_heads"], fallback: { times: 1, of: "heads" } },
    },
    activation: { key: "activation", fallback: "gelu" },
    normEpsilon: { key: "layer_norm_epsilon", fallback: 1e-5 },
    dropouts: {
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["hidden_dropout"], fallback: 0 },
      classifier: { ...tokenDropout, fallback: 0 },
    },
    tiedByDefault: true,
    rotary: {},
    switches: {
      attentionBias: { key: "bias", fallback: false },
      parallelResidual: { key: "parallel_attn", fallback: true },
      groupedHeads: { key: "new_decoder_architecture", fallback: false },
      sharedKeys: { key: "multi_query", fallback: true },
      alibi: { key: "alibi", fallback: false },
    },
    scalars: { parallelNorms: { key: "num_ln_in_parallel_attn", fallback: null } },
    derive: (config) => {
      const { groupedHeads, sharedKeys, alibi } = config.switches;
      const rotary = alibi ? null : config.rotary;
      if (groupedHeads) return { ...config, rotary };
      return { ...config, rotary, keyValueHeads: sharedKeys ? 1 : config.heads };
    },
  },
  embeddings: [{ path: "word_embeddings", rows: "vocabulary" }],
  linears: linearRows({ bias: "attentionBias", layout: "out-in" }, [
    ["h.{n}.self_attention.query_key_value", "hidden", "queries-keys-values"],
    ["h.{n}.self_attention.dense", "hidden", "hidden"],
    ["h.{n}.mlp.dense_h_to_4h", "hidden", "intermediate"],
    ["h.{n}.mlp.dense_4h_to_h", "intermediate", "hidden"],
  ]),
  norms: [
    { path: "h.{n}.ln_attn", kind: "layer", when: hasTwoNorms },
    { path: "h.{n}.ln_mlp", kind: "layer", when: hasTwoNorms },
    { path: "h.{n}.input_layernorm", kind: "layer", when: (config) => !hasTwoNorms(config) },
    {
      path: "h.{n}.post_attention_layernorm",
      kind: "layer",
      when: ({ switches }) => !switches.parallelResidual,
    },
    { path: "ln_f", kind: "layer" },
  ],
  heads: decoderHeads("word_embeddings", { tokens: "classifier" }),
  ignoredFileKeys: rotaryBuffers,
};
