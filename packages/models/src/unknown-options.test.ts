// Options that there are not are refused before anything is done.

import { noAdapters } from "@lowrank/contracts";
import { expect, it } from "vitest";
import { generate } from "./generation/generate.ts";
import { generateTokens } from "./generation/generate-tokens.ts";
import { checkSampling } from "./generation/sampling.ts";
import { loadGguf } from "./loading/gguf/load-gguf.ts";
import { loadModel } from "./loading/load-model.ts";
import { meanLoss } from "./mean-loss.ts";
import { KeyValueCache } from "./parts/cache/key-value-cache.ts";
import { PretrainedModel } from "./pretrained-model.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["loadModel", "num_labels", "numLabels", (options) => loadModel(nothing, options)],
  ["loadGguf", "basePrecison", "basePrecision", (options) => loadGguf(nothing, options)],
  ["generate", "on_token", "onToken", (options) => generate(nothing, options)],
  ["generateTokens", "max_new_tokens", "maxNewTokens", (options) => generateTokens(nothing, options).next()],
  ["sampling", "temprature", "temperature", (options) => checkSampling(options, 1)],
  ["meanLoss", "singal", "signal", (options) => meanLoss(nothing, [], undefined, options)],
  [
    "withVocabulary",
    "new_rows",
    "newRows",
    (options) => PretrainedModel.prototype.withVocabulary.call(Object.create(PretrainedModel.prototype), 8, options),
  ],
  ["KeyValueCache", "segment_length", "segmentLength", (options) => new KeyValueCache(noAdapters, options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
