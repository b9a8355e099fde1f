// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { OverridableParameter } from "./parameters/overridable-parameter.ts";
import { ParameterSlot } from "./parameters/parameter-slot.ts";
import { ConvolutionSite } from "./sites/convolution-site.ts";
import { EmbeddingSite } from "./sites/embedding-site.ts";
import { LinearSite } from "./sites/linear-site.ts";

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["LinearSite", "in_features", "inFeatures", (options) => new LinearSite(options)],
  ["EmbeddingSite", "padding_row", "paddingRow", (options) => new EmbeddingSite(options)],
  ["ConvolutionSite", "biass", "bias", (options) => new ConvolutionSite(options)],
  ["OverridableParameter", "transposed_in_file", "transposedInFile", (options) => new OverridableParameter(options)],
  ["ParameterSlot", "kinds", "kind", (options) => new ParameterSlot("gain", [1], "ones", options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
