// GGUF's names for a family's tensors.

import type { GgufChange, GgufNameRow, GgufTable } from "./gguf-table.ts";

/** Where a GGUF tensor belongs. */
export interface GgufParameter {
  /** transformers' parameter path. */
  readonly path: string;
  /** How the file's numbers differ from transformers'; absent if they are equal. */
  readonly change?: GgufChange;
}

/**
 * The parameter of a GGUF tensor, or null if the architecture has none of that name.
 *
 * @example
 * ```ts
 * import { ggufParameterOf, ggufTableOf } from "@lowrank/contracts/families/gguf";
 *
 * const table = ggufTableOf(new Map([["general.architecture", "llama"]]));
 * const place = ggufParameterOf(table, "blk.3.attn_k.weight");
 * if (place?.path !== "model.layers.3.self_attn.k_proj.weight") throw new Error("unexpected path");
 * ```
 */
export function ggufParameterOf(table: GgufTable, tensorName: string): GgufParameter | null {
  const { base, layer, end } = splitName(tensorName);
  const row = table.names.find(({ gguf }) => gguf === base);
  if (!row || end === null) return null;
  const path = `${row.path.replace("{n}", layer)}.${end}`;
  // A bias may be reordered, but not transposed.
  const change = row.change === "transposed" && end === "bias" ? undefined : row.change;
  return change ? { path, change } : { path };
}

/** The GGUF name of a parameter, or null if the architecture has none. */
export function ggufNameOf(table: GgufTable, parameterPath: string): string | null {
  const { base, layer, end } = splitName(parameterPath);
  const row: GgufNameRow | undefined = table.names.find(({ path }) => path === base);
  return row && end !== null ? `${row.gguf.replace("{n}", layer)}.${end}` : null;
}

/** Splits "a.3.b.weight" into "a.{n}.b", "3" and "weight". */
function splitName(name: string): { base: string; layer: string; end: string | null } {
  const end = /\.(weight|bias)$/.exec(name)?.[1] ?? null;
  const stem = end === null ? name : name.slice(0, -end.length - 1);
  const layer = /\.(\d{1,6})\./.exec(stem)?.[1] ?? "";
  return { base: layer === "" ? stem : stem.replace(`.${layer}.`, ".{n}."), layer, end };
}

/** llama.cpp's numbers (LLAMA_POOLING_TYPE). 0 is no pooling, 4 a reranker's score. */
export const ggufPoolingTypes = { mean: 1, first: 2, last: 3 } as const;
