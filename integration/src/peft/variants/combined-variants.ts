// Two adapters trained on one base: what `combineAdapters` makes of them, and both at once.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type CombineOptions, combinationMethods } from "@lowrank/merge/internal";

/** A combination, or – with neither options nor rows – both adapters acting together. */
export interface CombinedVariant {
  readonly name: string;
  /** What `openBase` opens. */
  readonly base: string;
  readonly adapters: readonly [Partial<LoraConfig>, Partial<LoraConfig>];
  readonly options?: CombineOptions;
  /** Which adapter – or the base – each row of the batch has, in place of one for all of them: PEFT's `adapter_names`. */
  readonly rows?: readonly ("one" | "other" | "__base__")[];
}

const attention = { rank: 4, alpha: 8, targetModules: ["q_proj", "v_proj"] } as const;
const wider = { rank: 4, alpha: 12, targetModules: ["q_proj", "v_proj", "down_proj"] } as const;
const smaller = { rank: 2, alpha: 3, targetModules: ["q_proj", "up_proj"], rankStabilized: true } as const;
const blocks = {
  ...attention,
  blockDiagonal: { target_modules_bd_a: ["v_proj"], target_modules_bd_b: ["q_proj"], nblocks: 2 },
} as const;
const kasa = { kasaConfig: {} } as const;

/** All of them. */
export const combinedVariants: readonly CombinedVariant[] = [
  ...combinationMethods.map(({ name }) => ({
    name: `llama, two adapters combined by ${name}`,
    base: "llama-gqa",
    adapters: [attention, wider] as const,
    options: { type: name, density: 0.6, rank: 3, seed: 5 },
  })),
  {
    name: "llama, adapters of two ranks and scalings combined",
    base: "llama-gqa",
    adapters: [attention, smaller],
    options: {},
  },
  {
    name: "llama, rank-stabilized adapters combined with PEFT's numbers",
    base: "llama-gqa",
    adapters: [smaller, { ...smaller, alpha: 5 }],
    options: { type: "cat", compatible: "peft" },
  },
  {
    name: "gpt2, Conv1D combined",
    base: "gpt2",
    adapters: [
      { rank: 4, alpha: 8, targetModules: ["c_attn"] },
      { rank: 3, alpha: 8, targetModules: ["c_attn", "c_fc"], layersToTransform: [1] },
    ],
    options: {},
  },
  {
    name: "vit, convolutions combined",
    base: "family-features/vit-patches",
    adapters: [
      { rank: 4, alpha: 8, targetModules: ["projection", "q_proj"] },
      { rank: 2, alpha: 8, targetModules: ["projection"] },
    ],
    options: { type: "svd", rank: 5 },
  },
  {
    name: "llama, embeddings combined",
    base: "llama-gqa",
    // One list of names, which the result keeps: PEFT looks for "embed_tokens" in it to know what else is in the file.
    adapters: [
      { rank: 4, alpha: 8, targetModules: ["embed_tokens", "q_proj"] },
      { rank: 2, alpha: 8, targetModules: ["embed_tokens", "q_proj"] },
    ],
    options: {},
  },
  {
    name: "llama, one with blocks and a plain one combined",
    base: "llama-gqa",
    adapters: [blocks, wider],
    options: {},
  },
  { name: "llama, one with blocks and a plain one at once", base: "llama-gqa", adapters: [blocks, wider] },
  {
    name: "llama, two with KaSA at once",
    base: "llama-gqa",
    adapters: [
      { ...attention, ...kasa },
      { ...wider, ...kasa },
    ],
  },
  { name: "llama, two adapters at once", base: "llama-gqa", adapters: [attention, smaller] },
  {
    name: "gpt2, two adapters at once, one of them with PiSSA's start",
    base: "gpt2",
    adapters: [
      { rank: 4, alpha: 8, targetModules: ["c_attn"] },
      { rank: 2, alpha: 8, targetModules: ["c_attn", "c_proj"], init: "pissa" },
    ],
  },
];
