// Fields of a configuration that select layers, ranks and scalings, and modules trained in addition to A and B.

import type { Variant } from "./variant.ts";

const size = { rank: 4, alpha: 8 } as const;

/** Where A and B are placed. */
const targets: readonly Variant[] = [
  { name: "gpt2, c_attn", base: "gpt2", config: { ...size, targetModules: ["c_attn"], taskType: "CAUSAL_LM" } },
  { name: "gpt2, default targets", base: "gpt2", config: { rank: 2, alpha: 4, taskType: "CAUSAL_LM" } },
  { name: "gpt2, all linear layers", base: "gpt2", config: { rank: 3, alpha: 5, targetModules: "all-linear" } },
  {
    name: "gpt2, regular expression",
    base: "gpt2",
    config: { rank: 2, alpha: 2, targetModules: ".*h\\.1\\.mlp\\.c_(fc|proj)" },
  },
  {
    name: "gpt2, Conv1D and a linear map, fan_in_fan_out said wrongly",
    base: "references/gpt2-question",
    config: { ...size, targetModules: ["c_attn", "qa_outputs"], fanInFanOut: false },
  },
  ...["llama-gqa", "qwen2", "qwen3", "gemma", "mistral", "gpt_neox", "opt", "phi", "phi3"].map((base) => ({
    name: `${base}, all linear layers`,
    base,
    config: { ...size, targetModules: "all-linear", taskType: "CAUSAL_LM" } as const,
  })),
  {
    name: "gemma2, all linear layers",
    base: "gemma2",
    config: { ...size, targetModules: "all-linear", taskType: "CAUSAL_LM" },
  },
  {
    name: "llama, rank and alpha by pattern",
    base: "llama-gqa",
    config: {
      ...size,
      targetModules: ["q_proj", "v_proj", "down_proj"],
      rankPattern: new Map([["q_proj", 2]]),
      alphaPattern: new Map([["^model\\.layers\\.1\\.self_attn\\.v_proj", 3]]),
    },
  },
  {
    name: "llama, several patterns for a module, which sorted would mean another rank and alpha",
    base: "llama-gqa",
    config: {
      ...size,
      targetModules: ["q_proj", "v_proj", "down_proj"],
      rankPattern: new Map([
        ["layers.1.*v_proj", 3],
        ["v_proj", 2],
        [".*", 5],
      ]),
      alphaPattern: new Map([
        ["self_attn.q_proj", 32],
        ["q_proj|v_proj", 2],
      ]),
    },
  },
  {
    name: "llama, one layer",
    base: "llama-gqa",
    config: { ...size, targetModules: ["o_proj"], layersToTransform: [1] },
  },
  {
    name: "llama, one layer of a named list",
    base: "llama-gqa",
    config: { ...size, targetModules: ["o_proj", "up_proj"], layersToTransform: 1, layersPattern: "layers" },
  },
  {
    name: "gpt2, one layer of lists by two names",
    base: "gpt2",
    config: { ...size, targetModules: ["c_attn"], layersToTransform: [0], layersPattern: ["h", "layers"] },
  },
  {
    name: "llama, all linear layers but some names",
    base: "llama-gqa",
    config: { ...size, targetModules: "all-linear", excludeModules: ["k_proj", "layers.0.mlp.up_proj"] },
  },
  {
    name: "llama, names without those that a regular expression leaves out",
    base: "llama-gqa",
    config: { ...size, targetModules: ["q_proj", "v_proj"], excludeModules: ".*layers\\.0\\..*v_proj" },
  },
  {
    name: "llama, layers repeated",
    base: "llama-gqa",
    config: {
      ...size,
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
    name: "llama, raw parameters",
    base: "llama-gqa",
    config: { ...size, targetModules: [], targetParameters: ["mlp.up_proj.weight", "self_attn.q_proj.weight"] },
  },
  {
    name: "the tiny model",
    base: "tiny-model",
    config: { rank: 8, alpha: 16, targetModules: "all-linear", taskType: "CAUSAL_LM" },
  },
];

/** How A and B act, and what else trains. */
const extras: readonly Variant[] = [
  { name: "gpt2, rsLoRA", base: "gpt2", config: { ...size, targetModules: ["c_attn"], rankStabilized: true } },
  {
    name: "llama, DoRA with rsLoRA",
    base: "llama-gqa",
    config: { ...size, targetModules: "all-linear", useDora: true, rankStabilized: true },
  },
  { name: "gpt2, DoRA", base: "gpt2", config: { ...size, targetModules: ["c_attn"], useDora: true } },
  { name: "gpt2, bias on B", base: "gpt2", config: { ...size, targetModules: ["c_attn"], loraBias: true } },
  {
    name: "llama, bias on B of layers without one",
    base: "llama-gqa",
    config: { ...size, targetModules: ["q_proj"], loraBias: true },
    isNotMerged: "a layer without a bias cannot take up B's; PEFT refuses, too",
  },
  { name: "gpt2, all biases", base: "gpt2", config: { ...size, targetModules: ["c_attn"], bias: "all" } },
  {
    name: "gpt2, biases of adapted layers",
    base: "gpt2",
    config: { ...size, targetModules: ["c_attn"], bias: "lora_only" },
  },
  {
    name: "roberta that fills gaps, all biases, the head's own under two names",
    base: "roberta-mlm",
    config: { ...size, targetModules: ["query", "lm_head.dense"], bias: "all" },
  },
  {
    name: "roberta that fills gaps, biases of adapted layers, the head one of them",
    base: "roberta-mlm",
    config: { ...size, targetModules: ["query", "decoder"], bias: "lora_only" },
    isNotMerged: "the head's weight is the embedding's, too, which has no pair",
  },
  {
    name: "bert that fills gaps, the whole head saved with its bias under two names",
    base: "references/bert-masked",
    config: { ...size, targetModules: ["query"], modulesToSave: ["predictions"] },
    isNotMerged: "the head's weight is the embedding's, too, which is not saved",
  },
  ...(["bert-seqcls", "roberta-seqcls"] as const).map((base) => ({
    name: `${base}, classifier saved`,
    base,
    config: { ...size, targetModules: ["query", "value"], taskType: "SEQ_CLS" } as const,
  })),
  {
    name: "roberta that fills gaps, the head's map and all norms saved",
    base: "roberta-mlm",
    config: { ...size, targetModules: ["query"], modulesToSave: ["lm_head.dense", "LayerNorm"] },
  },
  {
    name: "bart, all biases",
    base: "bart",
    config: { ...size, targetModules: ["q_proj", "fc1"], bias: "all", taskType: "SEQ_2_SEQ_LM" },
  },
  {
    name: "t5, all linear layers with DoRA",
    base: "t5",
    config: { ...size, targetModules: "all-linear", useDora: true, taskType: "SEQ_2_SEQ_LM" },
  },
];

/** Blocks in A or in B (BD-LoRA). */
const blocks: readonly Variant[] = [
  {
    name: "llama, blocks as for two servers",
    base: "llama-gqa",
    config: {
      ...size,
      targetModules: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
      blockDiagonal: {
        target_modules_bd_a: ["o_proj", "down_proj"],
        target_modules_bd_b: ["q_proj", "k_proj", "v_proj", "up_proj", "gate_proj"],
        nblocks: 2,
      },
    },
  },
  {
    name: "bert, blocks in some layers, with a bias on B, ranks by pattern",
    base: "bert-seqcls",
    config: {
      ...size,
      targetModules: ["query", "output.dense"],
      taskType: "SEQ_CLS",
      loraBias: true,
      init: false,
      rankStabilized: true,
      rankPattern: new Map([["output.dense", 8]]),
      blockDiagonal: { target_modules_bd_a: ["output.dense"], nblocks: 4, match_strict: false },
    },
  },
];

/** Weights cut short, and a vector between A and B (KaSA). */
const kasa: readonly Variant[] = [
  {
    name: "llama with KaSA",
    base: "llama-gqa",
    config: { ...size, targetModules: ["q_proj", "k_proj", "down_proj"], kasaConfig: { beta: 0, gamma: 0.1 } },
  },
  {
    name: "bert with KaSA, a bias on B, and B random, too",
    base: "bert-seqcls",
    config: {
      ...size,
      targetModules: ["query", "output.dense"],
      taskType: "SEQ_CLS",
      init: false,
      loraBias: true,
      rankStabilized: true,
      rankPattern: new Map([["query", 2]]),
      kasaConfig: {},
    },
  },
];

const activated = { ...size, targetModules: ["q_proj", "v_proj", "down_proj"], taskType: "CAUSAL_LM" } as const;

/** Adapters that act from certain tokens of their batch on. */
const activations: readonly Omit<Variant, "isNotMerged">[] = [
  {
    name: "llama, activated in one text at the second of two places, the head adapted and the table saved",
    base: "llama-gqa",
    config: {
      ...activated,
      activationTokens: [81],
      targetModules: ["v_proj", "lm_head"],
      modulesToSave: ["embed_tokens"],
    },
  },
  {
    name: "llama, activated, with PiSSA's start",
    base: "llama-gqa",
    config: { ...activated, activationTokens: [41], init: "pissa", rankStabilized: true },
  },
  {
    name: "llama, activated, single tokens and layers repeated",
    base: "llama-gqa",
    config: {
      ...activated,
      activationTokens: [59, 94],
      trainableTokenIndices: [41, 94],
      layerReplication: [
        [0, 2],
        [1, 2],
      ],
    },
  },
  {
    name: "gpt2, activated, a bias on B and all biases of the base",
    base: "gpt2",
    config: { ...activated, activationTokens: [71], targetModules: ["c_attn", "c_proj"], loraBias: true, bias: "all" },
  },
];

/** All of them. */
export const fieldVariants: readonly Variant[] = [
  ...targets,
  ...extras,
  ...blocks,
  ...kasa,
  ...activations.map((row) => ({ ...row, isNotMerged: "no weight is right for all tokens; PEFT refuses, too" })),
];
