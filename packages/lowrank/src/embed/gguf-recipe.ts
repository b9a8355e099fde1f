// What a .gguf file says of its embeddings: llama.cpp's number of the states that it pools, and not whether embeddings have length 1.

import { type EmbeddingRecipe, EmbeddingRecipeError } from "@lowrank/models";
import type { ModelSource } from "../open/model-source.ts";

/** The recipe; undefined for what is no .gguf file, or one that does not say it. Throws EmbeddingRecipeError, GgufError. */
export async function ggufRecipe({
  openGguf: open,
  path,
}: Pick<ModelSource, "openGguf" | "path">): Promise<EmbeddingRecipe | undefined> {
  if (open === undefined) return undefined;
  const { ggufPoolingTypes, openGguf } = await import("../open/gguf-reading.ts");
  const source = await open();
  try {
    const { metadata } = await openGguf(source);
    const key = `${metadata.get("general.architecture")}.pooling_type`;
    const type = metadata.get(key) ?? 0;
    if (type === 0) return undefined; // the states of every token are no embedding of a text
    const poolings = Object.keys(ggufPoolingTypes) as (keyof typeof ggufPoolingTypes)[];
    const pooling = poolings.find((each) => ggufPoolingTypes[each] === type);
    if (pooling !== undefined) return { pooling, isNormalised: false };
    const got = type === 4 ? "4 (rank: a reranker's scores)" : String(type);
    throw new EmbeddingRecipeError(path, `${key} ${got}`, "1 (mean), 2 (CLS) or 3 (last)");
  } finally {
    await source.close?.();
  }
}
