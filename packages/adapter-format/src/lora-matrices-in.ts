// Finds A and B of each module among an adapter's tensors.

import type { AdapterTensor } from "./lora-config.ts";
import { buildTensorKey, parseTensorKey } from "./tensor-keys.ts";

/** A and B of one module, as an adapter stores them. */
export interface StoredMatrices {
  /** Path of the adapted module. */
  readonly path: string;
  readonly partOfA: "lora_A" | "lora_embedding_A";
  /** Keys of both tensors. */
  readonly keys: { readonly a: string; readonly b: string };
  /** [rank, …] */
  readonly a: AdapterTensor;
  /** [outFeatures, rank, …]; undefined if B is missing. */
  readonly b: AdapterTensor | undefined;
}

/**
 * A and B of each adapted module, in the order of the adapter's tensors.
 *
 * @example
 * ```ts
 * import { loraMatricesIn } from "@lowrank/adapter-format";
 *
 * const [lora] = loraMatricesIn(
 *   new Map([
 *     ["q.lora_A.weight", { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *     ["q.lora_B.weight", { shape: [3, 1], values: Float32Array.of(4, 5, 6) }],
 *   ]),
 * );
 * if (lora?.path !== "q" || lora.b?.shape[0] !== 3) throw new Error("unexpected");
 * ```
 */
export function loraMatricesIn(tensors: ReadonlyMap<string, AdapterTensor>): readonly StoredMatrices[] {
  return [...tensors].flatMap(([key, a]): StoredMatrices[] => {
    const { path, part } = parseTensorKey(key) ?? {};
    if (path === undefined || (part !== "lora_A" && part !== "lora_embedding_A")) return [];
    const keyOfB = buildTensorKey({ path, part: part === "lora_A" ? "lora_B" : "lora_embedding_B" });
    return [{ path, partOfA: part, keys: { a: key, b: keyOfB }, a, b: tensors.get(keyOfB) }];
  });
}
