// What we write for PEFT to read: one row a variant. Bases are fixtures, whose training batches are used, or the tiny model.

import type { LoraConfig } from "@lowrank/adapter-format";

export interface Variant {
  readonly name: string;
  /** A folder under fixtures/peft with base/ and training batches, or "tiny-model". */
  readonly base: string;
  readonly config: Partial<LoraConfig>;
  /** Tokens added to the base's vocabulary – or, below 0, taken from it. The batch has some of them. */
  readonly addedTokens?: number;
}

/** Every fixture's base has so many tokens. */
const vocabulary = 100;

export const variants: readonly Variant[] = [
  {
    name: "gpt2, c_attn",
    base: "gpt2",
    config: { rank: 4, alpha: 8, targetModules: ["c_attn"], taskType: "CAUSAL_LM" },
  },
  { name: "gpt2, default targets", base: "gpt2", config: { rank: 2, alpha: 4, taskType: "CAUSAL_LM" } },
  { name: "gpt2, all linear layers", base: "gpt2", config: { rank: 3, alpha: 5, targetModules: "all-linear" } },
  {
    name: "gpt2, rsLoRA",
    base: "gpt2",
    config: { rank: 4, alpha: 8, targetModules: ["c_attn"], rankStabilized: true },
  },
  {
    name: "gpt2, regular expression",
    base: "gpt2",
    config: { rank: 2, alpha: 2, targetModules: ".*h\\.1\\.mlp\\.c_(fc|proj)" },
  },
  {
    name: "llama, all linear layers",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: "all-linear", taskType: "CAUSAL_LM" },
  },
  {
    name: "llama, rank and alpha by pattern",
    base: "llama-gqa",
    config: {
      rank: 4,
      alpha: 8,
      targetModules: ["q_proj", "v_proj", "down_proj"],
      rankPattern: new Map([["q_proj", 2]]),
      alphaPattern: new Map([["^model\\.layers\\.1\\.self_attn\\.v_proj", 3]]),
    },
  },
  {
    name: "gpt2, PiSSA",
    base: "gpt2",
    config: { rank: 4, alpha: 8, targetModules: ["c_attn", "c_fc"], init: "pissa", rankStabilized: true },
  },
  {
    name: "llama, OLoRA with patterns",
    base: "llama-gqa",
    config: {
      rank: 4,
      alpha: 8,
      targetModules: ["q_proj", "v_proj", "down_proj"],
      init: "olora",
      rankPattern: new Map([["q_proj", 2]]),
    },
  },
  {
    name: "llama, orthogonal",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj", "v_proj"], init: "orthogonal" },
  },
  {
    name: "llama, MiCA",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj", "v_proj"], init: "mica" },
  },
  {
    name: "llama, one layer",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["o_proj"], layersToTransform: [1] },
  },
  {
    name: "llama with tied head",
    base: "llama-gqa-tied",
    config: { rank: 4, alpha: 16, targetModules: ["q_proj", "v_proj"], taskType: "CAUSAL_LM" },
  },
  {
    name: "bert classification, classifier saved",
    base: "bert-seqcls",
    config: { rank: 4, alpha: 8, targetModules: ["query", "value"], taskType: "SEQ_CLS" },
  },
  {
    name: "llama, DoRA with rsLoRA",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: "all-linear", useDora: true, rankStabilized: true },
  },
  { name: "gpt2, DoRA", base: "gpt2", config: { rank: 4, alpha: 8, targetModules: ["c_attn"], useDora: true } },
  { name: "gpt2, bias on B", base: "gpt2", config: { rank: 4, alpha: 8, targetModules: ["c_attn"], loraBias: true } },
  { name: "gpt2, all biases", base: "gpt2", config: { rank: 4, alpha: 8, targetModules: ["c_attn"], bias: "all" } },
  {
    name: "gpt2, biases of adapted layers",
    base: "gpt2",
    config: { rank: 4, alpha: 8, targetModules: ["c_attn"], bias: "lora_only" },
  },
  {
    name: "llama, head saved",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj"], modulesToSave: ["lm_head"] },
  },
  {
    name: "llama, embedding and head adapted",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["embed_tokens", "lm_head", "q_proj"] },
  },
  {
    name: "llama, three tokens trained",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj"], trainableTokenIndices: [3, 7, 20] },
  },
  ...["qwen2", "gemma", "gpt_neox", "opt", "phi", "phi3"].map((base) => ({
    name: `${base}, all linear layers`,
    base,
    config: { rank: 4, alpha: 8, targetModules: "all-linear", taskType: "CAUSAL_LM" } as const,
  })),
  {
    name: "roberta classification, classifier saved",
    base: "roberta-seqcls",
    config: { rank: 4, alpha: 8, targetModules: ["query", "value"], taskType: "SEQ_CLS" },
  },
  {
    name: "llama, layers repeated",
    base: "llama-gqa",
    config: {
      rank: 4,
      alpha: 8,
      targetModules: "all-linear",
      layerReplication: [
        [0, 2],
        [0, 1],
        [1, 2],
      ],
      taskType: "CAUSAL_LM",
    },
  },
  {
    name: "llama with tied head, both trained whole as one",
    base: "llama-gqa-tied",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj"], modulesToSave: ["lm_head"], ensureWeightTying: true },
  },
  {
    name: "llama with tied head, both with one pair",
    base: "llama-gqa-tied",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj", "embed_tokens"], ensureWeightTying: true },
  },
  {
    name: "llama, PiSSA with DoRA",
    base: "llama-gqa",
    config: { rank: 4, alpha: 8, targetModules: ["q_proj", "down_proj"], init: "pissa", useDora: true },
  },
  {
    name: "llama with more tokens, which alone train",
    base: "llama-gqa",
    addedTokens: 3,
    config: {
      rank: 4,
      alpha: 8,
      targetModules: ["q_proj"],
      trainableTokenIndices: [vocabulary, vocabulary + 1, vocabulary + 2],
    },
  },
  {
    name: "llama with tied head and more tokens, which alone train",
    base: "llama-gqa-tied",
    addedTokens: 2,
    config: { rank: 4, alpha: 8, targetModules: ["q_proj"], trainableTokenIndices: [5, vocabulary, vocabulary + 1] },
  },
  {
    name: "gpt2 with more tokens, which nothing trains",
    base: "gpt2",
    addedTokens: 4,
    config: { rank: 4, alpha: 8, targetModules: ["c_attn"], taskType: "CAUSAL_LM" },
  },
  {
    name: "llama with more tokens, embedding and head adapted",
    base: "llama-gqa",
    addedTokens: 3,
    config: { rank: 4, alpha: 8, targetModules: ["embed_tokens", "lm_head", "q_proj"] },
  },
  {
    name: "llama with more tokens, embedding and head saved",
    base: "llama-gqa",
    addedTokens: 3,
    config: { rank: 4, alpha: 8, targetModules: ["q_proj"], modulesToSave: ["embed_tokens", "lm_head"] },
  },
  {
    name: "phi, whose head has a bias, with more tokens and the head adapted",
    base: "phi",
    addedTokens: 2,
    config: { rank: 4, alpha: 8, targetModules: ["lm_head", "q_proj"] },
  },
  {
    name: "roberta that fills gaps, with more tokens",
    base: "roberta-mlm",
    addedTokens: 3,
    config: { rank: 4, alpha: 8, targetModules: ["query", "value"] },
  },
  {
    name: "bert classification with fewer tokens",
    base: "bert-seqcls",
    addedTokens: -1,
    config: { rank: 4, alpha: 8, targetModules: ["query", "value"], taskType: "SEQ_CLS" },
  },
  {
    name: "the tiny model",
    base: "tiny-model",
    config: { rank: 8, alpha: 16, targetModules: "all-linear", taskType: "CAUSAL_LM" },
  },
];
