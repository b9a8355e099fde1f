import { ggufPieces, type WritableValue } from "@lowrank/gguf/internal";
import { embeddingRecipeError } from "@lowrank/models/internal";
import { bytesSource, joinPieces } from "@lowrank/safetensors";
import { expect, it } from "vitest";
import { PoolingUnknownError } from "../errors/model-errors.ts";
import { findEmbeddingSettings } from "./embedding-settings.ts";

/** A .gguf file with llama.cpp's number of a pooling. */
function fileWith(type: number | undefined) {
  const metadata = new Map<string, WritableValue>([["general.architecture", { type: "string", value: "bert" }]]);
  if (type !== undefined) metadata.set("bert.pooling_type", { type: "uint32", value: type });
  const bytes = joinPieces(ggufPieces(metadata, new Map()));
  return { path: "model.gguf", openGguf: async () => bytesSource(bytes, "model.gguf") };
}

it.each([
  [1, "mean"],
  [2, "first"],
  [3, "last"],
] as const)("a .gguf file with pooling type %i pools by %s", async (type, pooling) => {
  expect(await findEmbeddingSettings(fileWith(type), {})).toEqual({ pooling, isNormalized: false });
  expect(await findEmbeddingSettings(fileWith(type), { normalize: true })).toEqual({ pooling, isNormalized: true });
});

it("a caller's and an adapter's settings override a .gguf file's", async () => {
  expect(await findEmbeddingSettings(fileWith(1), { pooling: "last" })).toMatchObject({ pooling: "last" });
  const trained = { pooling: "first", isNormalized: true } as const;
  expect(await findEmbeddingSettings(fileWith(1), {}, trained)).toEqual(trained);
});

it.each([0, undefined])("a .gguf file with pooling type %s leaves the question open", async (type) => {
  await expect(findEmbeddingSettings(fileWith(type), {})).rejects.toThrow(PoolingUnknownError);
});

it("a reranker's .gguf file is refused by the name of its pooling, and so is an unknown number", async () => {
  await expect(findEmbeddingSettings(fileWith(4), {})).rejects.toThrow(
    embeddingRecipeError(
      "model.gguf",
      "bert.pooling_type 4 (rank: a reranker's scores)",
      "1 (mean), 2 (CLS) or 3 (last)",
    ),
  );
  await expect(findEmbeddingSettings(fileWith(9), {})).rejects.toThrow(/bert\.pooling_type 9/);
});
