// Batches whose rows have adapters of their own: `adapterRows` here, `adapter_names` in PEFT. Not with DoRA, raw parameters
// or biases of the base, which PEFT cannot mix.

import type { CombinedVariant } from "./combined-variants.ts";

const size = { rank: 4, alpha: 8 } as const;
const smaller = { rank: 2, alpha: 3, rankStabilized: true } as const;
const attention = { ...size, targetModules: ["q_proj", "v_proj"] } as const;
const feedForward = { ...smaller, targetModules: ["q_proj", "up_proj"] } as const;

/** All of them. */
export const mixedVariants: readonly CombinedVariant[] = [
  {
    name: "llama, each row its adapter",
    base: "llama-gqa",
    adapters: [attention, feedForward],
    rows: ["other", "one"],
  },
  {
    name: "llama, one row with an adapter and one without",
    base: "llama-gqa",
    adapters: [attention, feedForward],
    rows: ["__base__", "other"],
  },
  {
    name: "gpt2, each row its adapter, one of them with PiSSA's start, one with a bias on B",
    base: "gpt2",
    adapters: [
      { ...size, targetModules: ["c_attn", "c_fc"], init: "pissa" },
      { ...smaller, targetModules: ["c_attn"], loraBias: true },
    ],
    rows: ["one", "other"],
  },
  {
    name: "llama, activated adapters by row, each by tokens of its own",
    base: "llama-gqa",
    adapters: [
      { ...attention, activationTokens: [41], taskType: "CAUSAL_LM" },
      { ...feedForward, activationTokens: [59, 94], taskType: "CAUSAL_LM" },
    ],
    rows: ["other", "one"],
  },
  {
    name: "llama, an activated adapter beside one that acts everywhere",
    base: "llama-gqa",
    adapters: [
      { ...attention, taskType: "CAUSAL_LM" },
      { ...feedForward, activationTokens: [93, 50], targetModules: ["q_proj", "lm_head"], taskType: "CAUSAL_LM" },
    ],
    rows: ["one", "other"],
  },
  {
    name: "llama, embeddings and heads adapted by row",
    base: "llama-gqa",
    adapters: [
      { ...size, targetModules: ["embed_tokens", "lm_head", "q_proj"] },
      { ...smaller, targetModules: ["embed_tokens", "q_proj"] },
    ],
    rows: ["one", "other"],
  },
  {
    name: "llama, tokens trained by row",
    base: "llama-gqa",
    adapters: [
      { ...attention, trainableTokenIndices: [3, 7, 20] },
      { ...feedForward, trainableTokenIndices: [3, 7, 20] },
    ],
    rows: ["one", "other"],
  },
  {
    name: "t5, each row its adapter in both stacks",
    base: "t5",
    adapters: [
      { ...size, targetModules: ["q", "v", "wo"], taskType: "SEQ_2_SEQ_LM" },
      { ...smaller, targetModules: ["k", "wi"], taskType: "SEQ_2_SEQ_LM" },
    ],
    rows: ["other", "one"],
  },
  ...(["one", "__base__"] as const).map((beside) => ({
    name: `bert classification, a classifier by row: "other" and "${beside}"`,
    base: "bert-seqcls",
    adapters: [
      { ...size, targetModules: ["query", "value"], taskType: "SEQ_CLS" },
      { ...smaller, targetModules: ["query"], taskType: "SEQ_CLS" },
    ] as const,
    rows: ["other", beside] as const,
  })),
  {
    name: "bert that finds answers, by row",
    base: "references/bert-question",
    adapters: [
      { ...size, targetModules: ["query", "value"], taskType: "QUESTION_ANS" },
      { ...smaller, targetModules: "all-linear", taskType: "QUESTION_ANS" },
    ],
    rows: ["one", "other"],
  },
  {
    name: "vit, convolutions by row",
    base: "family-features/vit-patches",
    adapters: [
      { ...size, targetModules: ["projection", "q_proj"] },
      { ...smaller, targetModules: ["projection"] },
    ],
    rows: ["other", "__base__", "one"],
  },
];
