// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { parseLoraConfig } from "./formats/peft/parse-lora-config.ts";
import { readAdapter } from "./formats/peft/read-adapter.ts";
import { writeAdapter } from "./formats/peft/write-adapter.ts";
import { readAdapterFolder, writeAdapterFolder } from "./node/adapter-folder.ts";
import { planMatches } from "./targets/plan-matches.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["parseLoraConfig", "on_warning", "onWarning", (options) => parseLoraConfig("{}", options)],
  ["readAdapter", "allowNonfinit", "allowNonFinite", (options) => readAdapter(nothing, options)],
  ["planMatches", "model_type", "modelType", (options) => planMatches(nothing, [], options)],
  ["writeAdapter", "dtyp", "dtype", (options) => writeAdapter(nothing, options)],
  [
    "readAdapterFolder",
    "allow_non_finite",
    "allowNonFinite",
    (options) => readAdapterFolder("package.json/nowhere", options),
  ],
  [
    "writeAdapterFolder",
    "overwrit",
    "overwrite",
    (options) => writeAdapterFolder("package.json/nowhere", nothing, options),
  ],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
