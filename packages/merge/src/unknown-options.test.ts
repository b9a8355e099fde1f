// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { combineAdapters } from "./combine/combine-adapters.ts";
import { exportModel } from "./export/export-model.ts";
import { mergeAdapter } from "./fold/merge-adapter.ts";
import { verifyMerge } from "./fold/verify-merge.ts";
import { writeModelFolder } from "./node/write-model-folder.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["mergeAdapter", "keep_originals", "keepOriginals", (options) => mergeAdapter(nothing, nothing, options)],
  ["combineAdapters", "densitty", "density", (options) => combineAdapters([], options)],
  ["exportModel", "d_type", "dtype", (options) => exportModel(nothing, options)],
  ["verifyMerge", "attention_mask", "attentionMask", (options) => verifyMerge(options)],
  ["writeModelFolder", "overwrit", "overwrite", (options) => writeModelFolder("package.json/nowhere", options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
