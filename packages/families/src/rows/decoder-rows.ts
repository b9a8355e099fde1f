// What decoder-only families have in common: the names that LLaMA gave its modules and that many took over, and the
// two heads that transformers gives every decoder.

import type { SwitchName } from "../config-table.ts";
import type { Family, LinearRow, Width } from "../family.ts";

type Bias = boolean | SwitchName;

/** Query, key, value and output as maps of their own; layers are numbered `{n}`. */
export function separateAttention(bias: Bias, output: { readonly name?: string; readonly bias?: Bias } = {}) {
  const map = (name: string, role: LinearRow["role"], outFeatures: Width): LinearRow => ({
    path: `layers.{n}.self_attn.${name}`,
    role,
    inFeatures: "hidden",
    outFeatures,
    bias,
    layout: "out-in",
  });
  return [
    map("q_proj", "query", "queries"),
    map("k_proj", "key", "key-values"),
    map("v_proj", "value", "key-values"),
    {
      ...map(output.name ?? "o_proj", "attention-output", "hidden"),
      inFeatures: "queries",
      bias: output.bias ?? bias,
    },
  ] satisfies readonly LinearRow[];
}

/** down(activation(gate(x))·up(x)) */
export function gatedFeedForward(bias: Bias): readonly LinearRow[] {
  const common = { bias, layout: "out-in" } as const;
  const widening = { inFeatures: "hidden", outFeatures: "intermediate", ...common } as const;
  return [
    { path: "layers.{n}.mlp.gate_proj", role: "feed-forward-gate", ...widening },
    { path: "layers.{n}.mlp.up_proj", role: "feed-forward-up", ...widening },
    {
      path: "layers.{n}.mlp.down_proj",
      role: "feed-forward-down",
      inFeatures: "intermediate",
      outFeatures: "hidden",
      ...common,
    },
  ];
}

/** down(activation(up(x))); the names are those of the two maps, with `{n}`. */
export function plainFeedForward(up: string, down: string, bias: Bias): readonly LinearRow[] {
  const common = { bias, layout: "out-in" } as const;
  return [
    { path: up, role: "feed-forward-up", inFeatures: "hidden", outFeatures: "intermediate", ...common },
    { path: down, role: "feed-forward-down", inFeatures: "intermediate", outFeatures: "hidden", ...common },
  ];
}

/** `lm_head`, tied to the embedding where the configuration says so, and `score`. */
export function decoderHeads(
  embedding: string,
  { bias = false, inFeatures = "hidden" }: { readonly bias?: boolean; readonly inFeatures?: Width } = {},
): Family["heads"] {
  const layout = "out-in";
  return {
    "causal-lm": {
      linears: [{ path: "lm_head", role: "output-head", inFeatures, outFeatures: "vocabulary", bias, layout }],
      tie: { head: "lm_head", embedding },
    },
    "sequence-classification": {
      linears: [
        {
          path: "score",
          role: "classifier",
          inFeatures,
          outFeatures: "labels",
          bias: false,
          layout,
          newIfMissing: true,
        },
      ],
    },
  };
}

/** The classes of a family whose names begin alike: "Mistral" → MistralForCausalLM and so on. */
export function decoderClasses(name: string): Family["architectures"] {
  return new Map([
    [`${name}ForCausalLM`, "causal-lm"],
    [`${name}ForSequenceClassification`, "sequence-classification"],
    [`${name}Model`, "feature-extraction"],
  ]);
}

/** The keys of config.json that most families share. */
export const decoderSizes = {
  vocabularySize: { keys: ["vocab_size"] },
  hiddenSize: { keys: ["hidden_size"] },
  intermediateSize: { keys: ["intermediate_size"] },
  layers: { keys: ["num_hidden_layers"] },
  heads: { keys: ["num_attention_heads"] },
  keyValueHeads: { keys: ["num_key_value_heads"], fallback: { times: 1, of: "heads" } },
} as const satisfies Family["config"]["sizes"];

/** LLaMA's root-mean-square norms, two in a layer and one at the end. */
export const decoderNorms: Family["norms"] = [
  { path: "layers.{n}.input_layernorm", kind: "root-mean-square" },
  { path: "layers.{n}.post_attention_layernorm", kind: "root-mean-square" },
  { path: "norm", kind: "root-mean-square" },
];

/** Rotation speeds follow from the configuration; files made before transformers 4.32 also store them. */
export const rotaryBuffers = ["rotary_emb.inv_freq"] as const;
