// The architectures that are read from GGUF files. A new one needs a row here, and its table in tables/.

import type { ModelConfig } from "../family.ts";
import { unsupportedArchitectureError } from "./errors.ts";
import type { GgufTable } from "./gguf-table.ts";
import { bert, nomicBert } from "./tables/bert.ts";
import { mixtral, qwen2Moe, qwen3Moe } from "./tables/experts.ts";
import { lfm2 } from "./tables/lfm2.ts";
import { bloom, falcon, falconGrouped, gpt2, gptNeox } from "./tables/like-gpt.ts";
import {
  cohere2,
  exaone,
  exaone4,
  gemma,
  gemma2,
  gemma3,
  glm4,
  granite,
  llama,
  mistral,
  olmo,
  olmo2,
  olmo3,
  phi2,
  phi3,
  qwen2,
  qwen3,
  smollm3,
  stablelm,
  starcoder2,
} from "./tables/like-llama.ts";

const tables: ReadonlyMap<string, GgufTable> = new Map(
  [
    ...[llama, qwen2, qwen3, gemma, gemma2, gemma3, phi2, phi3],
    ...[smollm3, granite, exaone, olmo, exaone4, cohere2, glm4, qwen2Moe, qwen3Moe],
    ...[starcoder2, olmo2, stablelm, gpt2, gptNeox, bloom, falcon, bert, nomicBert, lfm2],
  ].map((table) => [table.architecture, table]),
);

type Metadata = ReadonlyMap<string, unknown>;

/** Second families under the same architecture name, and how to recognize them. */
const secondTables: readonly { readonly table: GgufTable; readonly isMeant: (metadata: Metadata) => boolean }[] = [
  { table: mixtral, isMeant: (metadata) => Number(metadata.get("llama.expert_count") ?? 0) > 0 },
  { table: mistral, isMeant: (metadata) => Number(metadata.get("llama.attention.sliding_window") ?? 0) > 0 },
  { table: olmo3, isMeant: (metadata) => Number(metadata.get("olmo2.attention.sliding_window") ?? 0) > 0 },
  { table: falconGrouped, isMeant: (metadata) => Number(metadata.get("falcon.attention.head_count_kv") ?? 1) > 1 },
];

/**
 * The table of a GGUF file.
 *
 * @param metadata GGUF's key–value pairs.
 * @throws UNSUPPORTED_ARCHITECTURE for an architecture without a table.
 * @example
 * ```ts
 * import { ggufTableOf } from "@lowrank/contracts/families/gguf";
 *
 * const table = ggufTableOf(new Map([["general.architecture", "llama"]]));
 * if (table.modelType !== "llama") throw new Error("another family");
 * ```
 */
export function ggufTableOf(metadata: Metadata, file = "the GGUF file"): GgufTable {
  const architecture = metadata.get("general.architecture");
  const table = typeof architecture === "string" ? tables.get(architecture) : undefined;
  if (table === undefined) throw unsupportedArchitectureError(file, architecture, [...tables.keys()]);
  const second = secondTables.find((row) => row.table.architecture === architecture && row.isMeant(metadata));
  return second?.table ?? table;
}

/**
 * The table for writing a model with this configuration to GGUF; undefined if there is none.
 *
 * @example
 * ```ts
 * import { checkConfig } from "@lowrank/contracts/families";
 * import { ggufTableFor } from "@lowrank/contracts/families/gguf";
 *
 * const sizes = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16, vocab_size: 4 };
 * const config = checkConfig({ model_type: "mistral", ...sizes, num_key_value_heads: 2, sliding_window: null });
 * if (ggufTableFor(config)?.architecture !== "llama") throw new Error("llama.cpp calls Mistral llama");
 * ```
 */
export function ggufTableFor({ family, heads, keyValueHeads }: ModelConfig): GgufTable | undefined {
  if (family.modelType === falcon.modelType) {
    return keyValueHeads > 1 && keyValueHeads <= heads ? falconGrouped : falcon;
  }
  const all = [...tables.values(), ...secondTables.map(({ table }) => table)];
  return all.find(({ modelType }) => modelType === family.modelType);
}
