// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { attachAdapter } from "./attach/attach-adapter.ts";
import { hotSwap } from "./attach/hot-swap.ts";
import { injectAdapter } from "./attach/inject-adapter.ts";
import { AdapterHandle } from "./handle/adapter-handle.ts";
import { measureInputs } from "./measure/measure-inputs.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["injectAdapter", "sed", "seed", (options) => injectAdapter(nothing, nothing, options)],
  ["attachAdapter", "trainible", "trainable", (options) => attachAdapter(nothing, nothing, options)],
  ["hotSwap", "allow_different_base", "allowDifferentBase", (options) => hotSwap(nothing, nothing, options)],
  ["measureInputs", "runs", "run", (options) => measureInputs(nothing, nothing, options)],
  [
    "toAdapter",
    "save_embedding_layers",
    "saveEmbeddingLayers",
    (options) => AdapterHandle.prototype.toAdapter(options),
  ],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
