// Tables over tokens: adapted, saved whole, tied, some rows of them trained, with more rows than the base has.

import type { Variant } from "./variant.ts";

const size = { rank: 4, alpha: 8 } as const;
/** The number of tokens of every fixture's base. */
const vocabulary = 100;

/** Tables of the size that they have. */
const asStored: readonly Variant[] = [
  {
    name: "llama, head saved",
    base: "llama-gqa",
    config: { ...size, targetModules: ["q_proj"], modulesToSave: ["lm_head"] },
  },
  {
    name: "llama, embedding and norms saved",
    base: "llama-gqa",
    config: { ...size, targetModules: ["q_proj"], modulesToSave: ["embed_tokens", "norm"] },
  },
  {
    name: "llama, embedding and head adapted",
    base: "llama-gqa",
    config: { ...size, targetModules: ["embed_tokens", "lm_head", "q_proj"] },
  },
  {
    name: "llama, embedding and head adapted with DoRA",
    base: "llama-gqa",
    config: { ...size, targetModules: ["embed_tokens", "lm_head", "q_proj"], useDora: true },
  },
  {
    name: "bert, three embeddings adapted with DoRA",
    base: "references/bert-tokens",
    config: {
      ...size,
      targetModules: ["word_embeddings", "position_embeddings", "token_type_embeddings", "query"],
      taskType: "TOKEN_CLS",
      useDora: true,
    },
  },
  {
    name: "llama, three tokens trained",
    base: "llama-gqa",
    config: { ...size, targetModules: ["q_proj"], trainableTokenIndices: [3, 7, 20] },
  },
  {
    name: "bert, tokens and places trained",
    base: "references/bert-tokens",
    config: {
      ...size,
      targetModules: ["query"],
      taskType: "TOKEN_CLS",
      trainableTokenIndices: new Map([
        ["word_embeddings", [5, 17]],
        ["position_embeddings", [0, 3]],
      ]),
    },
  },
];

/** A head that shares the embedding's table. */
const tied: readonly Variant[] = [
  {
    name: "llama with tied head",
    base: "llama-gqa-tied",
    config: { rank: 4, alpha: 16, targetModules: ["q_proj", "v_proj"], taskType: "CAUSAL_LM" },
  },
  {
    name: "llama with tied head, both trained whole as one",
    base: "llama-gqa-tied",
    config: { ...size, targetModules: ["q_proj"], modulesToSave: ["lm_head"], ensureWeightTying: true },
  },
  {
    name: "llama with tied head, both with one pair",
    base: "llama-gqa-tied",
    config: { ...size, targetModules: ["q_proj", "embed_tokens"], ensureWeightTying: true },
  },
  {
    name: "llama with tied head, three tokens trained",
    base: "llama-gqa-tied",
    config: { ...size, targetModules: ["q_proj"], trainableTokenIndices: [3, 7, 20] },
  },
];

/** A vocabulary of another size. */
const resized: readonly Variant[] = [
  {
    name: "llama with more tokens, which alone train",
    base: "llama-gqa",
    addedTokens: 3,
    config: {
      ...size,
      targetModules: ["q_proj"],
      trainableTokenIndices: [vocabulary, vocabulary + 1, vocabulary + 2],
    },
  },
  {
    name: "llama with tied head and more tokens, which alone train",
    base: "llama-gqa-tied",
    addedTokens: 2,
    config: { ...size, targetModules: ["q_proj"], trainableTokenIndices: [5, vocabulary, vocabulary + 1] },
  },
  {
    name: "gpt2 with more tokens, which nothing trains",
    base: "gpt2",
    addedTokens: 4,
    config: { ...size, targetModules: ["c_attn"], taskType: "CAUSAL_LM" },
  },
  {
    name: "llama with more tokens, embedding and head adapted",
    base: "llama-gqa",
    addedTokens: 3,
    config: { ...size, targetModules: ["embed_tokens", "lm_head", "q_proj"] },
  },
  {
    name: "llama with more tokens, embedding and head saved",
    base: "llama-gqa",
    addedTokens: 3,
    config: { ...size, targetModules: ["q_proj"], modulesToSave: ["embed_tokens", "lm_head"] },
  },
  {
    name: "phi, whose head has a bias, with more tokens and the head adapted",
    base: "phi",
    addedTokens: 2,
    config: { ...size, targetModules: ["lm_head", "q_proj"] },
  },
  {
    name: "roberta that fills gaps, with more tokens",
    base: "roberta-mlm",
    addedTokens: 3,
    config: { ...size, targetModules: ["query", "value"] },
  },
  {
    name: "bert classification with fewer tokens",
    base: "bert-seqcls",
    addedTokens: -1,
    config: { ...size, targetModules: ["query", "value"], taskType: "SEQ_CLS" },
  },
];

/** All of them. */
export const tableVariants: readonly Variant[] = [...asStored, ...tied, ...resized];
