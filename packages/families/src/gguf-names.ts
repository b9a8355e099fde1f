// GGUF's names for a family's tensors, and GGUF's metadata as a config.json.

import { familyOf } from "./families.ts";
import type { Family } from "./family.ts";
import type { GgufNameRow } from "./gguf-table.ts";

/** Where a GGUF tensor belongs. */
export interface GgufPlace {
  /** transformers' parameter path in a causal language model. */
  readonly path: string;
  /** Which number of heads splits the rows that must be put back in order; absent where none. */
  readonly permutedRows?: "heads" | "keyValueHeads";
}

/**
 * The parameter that a GGUF tensor holds, or null if the family has none of that name.
 *
 * @example
 * ```ts
 * import { familyOf, ggufPlaceOf } from "@lowrank/families";
 *
 * const place = ggufPlaceOf(familyOf("llama"), "blk.3.attn_k.weight");
 * if (place?.path !== "model.layers.3.self_attn.k_proj.weight") throw new Error("unexpected path");
 * ```
 */
export function ggufPlaceOf(family: Family, tensorName: string): GgufPlace | null {
  const { base, layer, end } = splitName(tensorName);
  const row = family.gguf?.names.find(({ gguf }) => gguf === base);
  if (!row || end === null) return null;
  const path = `${row.path.replace("{n}", layer)}.${end}`;
  return row.permutedRows ? { path, permutedRows: row.permutedRows } : { path };
}

/** The GGUF name of a parameter, or null if the family has none. */
export function ggufNameOf(family: Family, parameterPath: string): string | null {
  const { base, layer, end } = splitName(parameterPath);
  const row: GgufNameRow | undefined = family.gguf?.names.find(({ path }) => path === base);
  return row && end !== null ? `${row.gguf.replace("{n}", layer)}.${end}` : null;
}

/** Splits "a.3.b.weight" into "a.{n}.b", "3" and "weight". */
function splitName(name: string): { base: string; layer: string; end: string | null } {
  const end = /\.(weight|bias)$/.exec(name)?.[1] ?? null;
  const stem = end === null ? name : name.slice(0, -end.length - 1);
  const layer = /\.(\d{1,6})\./.exec(stem)?.[1] ?? "";
  return { base: layer === "" ? stem : stem.replace(`.${layer}.`, ".{n}."), layer, end };
}

/**
 * GGUF metadata of a causal language model as the object that `checkConfig` takes.
 *
 * @param metadata GGUF's key–value pairs; 64-bit integers may be bigint.
 * @param tensorNames Names of the file's tensors: a file without an output head is tied.
 */
export function configFromGguf(
  metadata: ReadonlyMap<string, unknown>,
  tensorNames: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const architecture = metadata.get("general.architecture");
  const family = familyOf(typeof architecture === "string" ? architecture : "");
  const entries: [string, unknown][] = [
    ["model_type", family.modelType],
    ["architectures", [...family.architectures].filter(([, task]) => task === "causal-lm").map(([name]) => name)],
    ["tie_word_embeddings", !tensorNames.has("output.weight")],
  ];
  for (const { gguf, key } of family.gguf?.config ?? []) {
    const value = metadata.get(`${architecture}.${gguf}`);
    if (value !== undefined) entries.push([key, plainNumber(value)]);
  }
  if (!entries.some(([key]) => key === "vocab_size")) entries.push(["vocab_size", vocabularyOf(metadata)]);
  entries.push(...tokenIds(metadata), ...scalingOf(metadata, String(architecture)));
  return Object.fromEntries(entries);
}

function plainNumber(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function vocabularyOf(metadata: ReadonlyMap<string, unknown>): unknown {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  return Array.isArray(tokens) ? tokens.length : undefined;
}

function tokenIds(metadata: ReadonlyMap<string, unknown>): [string, unknown][] {
  const named = [
    ["bos_token_id", "tokenizer.ggml.bos_token_id"],
    ["eos_token_id", "tokenizer.ggml.eos_token_id"],
    ["pad_token_id", "tokenizer.ggml.padding_token_id"],
  ] as const;
  return named.flatMap(([key, gguf]): [string, unknown][] =>
    metadata.has(gguf) ? [[key, plainNumber(metadata.get(gguf))]] : [],
  );
}

function scalingOf(metadata: ReadonlyMap<string, unknown>, architecture: string): [string, unknown][] {
  const type = metadata.get(`${architecture}.rope.scaling.type`);
  if (type === undefined || type === "none") return [];
  const factor = plainNumber(metadata.get(`${architecture}.rope.scaling.factor`));
  const original = plainNumber(metadata.get(`${architecture}.rope.scaling.original_context_length`));
  const scaling = {
    rope_type: type,
    ...(factor === undefined ? {} : { factor }),
    ...(original === undefined || type !== "yarn" ? {} : { original_max_position_embeddings: original }),
  };
  return [["rope_scaling", scaling]];
}
