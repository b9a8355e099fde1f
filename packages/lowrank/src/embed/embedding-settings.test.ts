import { filesFolder } from "@lowrank/models";
import { expect, it } from "vitest";
import { PoolingUnknownError } from "../errors/model-errors.ts";
import { findEmbeddingSettings } from "./embedding-settings.ts";

const steps = ["Transformer", "Pooling"].map((type, index) => {
  return { path: index === 0 ? "" : `${index}_${type}`, type: `sentence_transformers.models.${type}` };
});
const folder = filesFolder("minilm", new Map([["modules.json", new Blob([JSON.stringify(steps)])]]));

it("names the missing folder if a copy lacks that of the pooling, and the option to pass", async () => {
  const finding = findEmbeddingSettings({ path: "minilm", folder }, {});
  await expect(finding).rejects.toThrow(PoolingUnknownError);
  await expect(finding).rejects.toThrow(/"minilm".* 1_Pooling in modules\.json.*`pooling`.*mean.*`normalize`/);
  expect(await findEmbeddingSettings({ path: "minilm", folder }, { pooling: "mean", normalize: true })).toEqual({
    pooling: "mean",
    isNormalized: true,
  });
});
