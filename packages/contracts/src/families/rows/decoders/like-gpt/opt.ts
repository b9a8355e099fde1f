// OPT (Zhang et al. 2022), as transformers' modeling_opt.py names it: learned positions that start at row 2, norms before
// or after each half, embeddings that may be narrower than the layers.

import type { ConfigValues } from "../../../config-values.ts";
import type { Family, LinearRow } from "../../../family.ts";
import {
  decoderClasses,
  decoderHeads,
  decoderSizes,
  plainFeedForward,
  separateAttention,
} from "../../shared/decoder-rows.ts";
import { linearRows } from "../../shared/module-rows.ts";

const isNarrower = ({ embeddingSize, hiddenSize }: ConfigValues): boolean => embeddingSize !== hiddenSize;
const hasGains = ({ switches }: ConfigValues): boolean => switches.normGains;
const inDecoder = (row: LinearRow): LinearRow => ({ ...row, path: `decoder.${row.path}` });

/** The tables of `opt`. */
export const opt: Family = {
  modelType: "opt",
  causal: true,
  basePrefix: "model",
  architectures: decoderClasses("OPT", ["question-answering"]),
  config: {
    sizes: {
      ...decoderSizes({ keyValueHeads: null, maxPositions: 2048 }),
      embeddingSize: { keys: ["word_embed_proj_dim"], fallback: { times: 1, of: "hiddenSize" } },
      intermediateSize: { keys: ["ffn_dim"] },
    },
    activation: { key: "activation_function", fallback: "relu" },
    normEpsilon: { fallback: 1e-5 },
    dropouts: {
      attention: { keys: ["attention_dropout"], fallback: 0 },
      residual: { keys: ["dropout"], fallback: 0.1 },
    },
    tokenIds: { padding: 1 },
    tiedByDefault: true,
    rotary: false,
    switches: {
      attentionBias: { key: "enable_bias", fallback: true },
      normBefore: { key: "do_layer_norm_before", fallback: true },
      normGains: { key: "layer_norm_elementwise_affine", fallback: true },
      withoutLastNorm: { key: "_remove_final_layer_norm", fallback: false },
    },
    fixed: [{ key: "layerdrop", values: [null, 0], effect: "whole layers are dropped in training" }],
    ignored: ["init_std"],
  },
  embeddings: [
    { path: "decoder.embed_tokens", rows: "vocabulary", columns: "embedding" },
    { path: "decoder.embed_positions", rows: "positions", extraRows: 2 },
  ],
  linears: [
    ...linearRows({ bias: false, layout: "out-in", when: isNarrower }, [
      ["decoder.project_out", "hidden", "embedding"],
      ["decoder.project_in", "embedding", "hidden"],
    ]),
    ...separateAttention("attentionBias", { name: "out_proj" }).map(inDecoder),
    ...plainFeedForward("layers.{n}.fc1", "layers.{n}.fc2", "attentionBias").map(inDecoder),
  ],
  norms: [
    {
      path: "decoder.final_layer_norm",
      kind: "layer",
      when: ({ switches }) => switches.normGains && switches.normBefore && !switches.withoutLastNorm,
    },
    { path: "decoder.layers.{n}.self_attn_layer_norm", kind: "layer", when: hasGains },
    { path: "decoder.layers.{n}.final_layer_norm", kind: "layer", when: hasGains },
  ],
  heads: decoderHeads("decoder.embed_tokens", { inFeatures: "embedding" }),
};
