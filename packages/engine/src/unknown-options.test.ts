// Options that there are not are refused before anything is done.

import { expect, it } from "vitest";
import { chooseEngine } from "./choose/choose-engine.ts";
import { compareEngines } from "./choose/survey-engines.ts";

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["chooseEngine", "thread", "threads", (options) => chooseEngine(options)],
  ["compareEngines", "wasm_path", "wasmPath", (options) => compareEngines(options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
