// Every `init_lora_weights`. Initializations that change the base are saved as plain A and B for the unchanged base. PEFT
// reads them, which shows that the part subtracted from the weight was added again; all but LoftQ.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Variant } from "./variant.ts";

const llama = { rank: 4, alpha: 8, targetModules: ["q_proj", "v_proj", "down_proj"] } as const;
const gpt2 = { rank: 4, alpha: 8, targetModules: ["c_attn", "c_fc"] } as const;

const rows: readonly (readonly [name: string, base: "gpt2" | "llama-gqa", config: Partial<LoraConfig>])[] = [
  ["B random, too", "llama-gqa", { init: false }],
  ["gaussian", "llama-gqa", { init: "gaussian" }],
  ["gaussian on embeddings", "llama-gqa", { init: "gaussian", targetModules: ["embed_tokens", "q_proj"] }],
  ["PiSSA", "gpt2", { init: "pissa", rankStabilized: true }],
  ["PiSSA with DoRA", "llama-gqa", { init: "pissa", useDora: true }],
  ["PiSSA, four turns", "llama-gqa", { init: "pissa_niter_4" }],
  ["OLoRA with patterns", "llama-gqa", { init: "olora", rankPattern: new Map([["q_proj", 2]]) }],
  ["orthogonal", "llama-gqa", { init: "orthogonal" }],
  ["MiCA", "llama-gqa", { init: "mica" }],
  ["EVA", "llama-gqa", { init: "eva" }],
  ["EVA, whitened, on Conv1D", "gpt2", { init: "eva", evaConfig: { rho: 1, whiten: true } }],
  ["CorDA for instructions", "llama-gqa", { init: "corda" }],
  ["CorDA for knowledge", "gpt2", { init: "corda", cordaConfig: { corda_method: "kpm" } }],
  ["LoRA-GA", "llama-gqa", { init: "lora_ga" }],
  ["LoRA-GA on Conv1D", "gpt2", { init: "lora_ga", loraGaConfig: { direction: "ArBr", scale: "gd_scale" } }],
];

const loftq = {
  base: "llama-gqa",
  adapterIsNotRead: "PEFT rounds the base again while it loads, with bitsandbytes and on a GPU only",
} as const;

/** One row a start. */
export const initVariants: readonly Variant[] = [
  ...rows.map(([name, base, config]) => ({
    name: `${base} that starts as ${name}`,
    base,
    config: { ...(base === "gpt2" ? gpt2 : llama), ...config },
  })),
  {
    ...loftq,
    name: "llama-gqa that starts as LoftQ",
    config: { ...llama, init: "loftq", loftqConfig: { loftq_bits: 4, loftq_iter: 2 } },
  },
  {
    ...loftq,
    name: "llama-gqa that starts as LoftQ of 8 bits with DoRA",
    config: { ...llama, init: "loftq", loftqConfig: { loftq_bits: 8, loftq_iter: 1 }, useDora: true },
  },
];
