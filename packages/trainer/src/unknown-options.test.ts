// Unknown options are refused before any work is done.

import { expect, it } from "vitest";
import { latestCheckpoint, writeCheckpoint } from "./node/checkpoint-folder.ts";
import { train } from "./train.ts";

const nothing = undefined as never;

it.each<[name: string, misspelt: string, nearest: string, call: (options: never) => unknown]>([
  ["train", "learning_rate", "learningRate", (options) => train(options).next()],
  ["evaluate", "evry", "every", (evaluate) => train({ evaluate } as never).next()],
  ["checkpoint", "at_best", "atBest", (checkpoint) => train({ checkpoint } as never).next()],
  ["writeCheckpoint", "keep_last", "keepLast", (options) => writeCheckpoint("package.json/nowhere", nothing, options)],
  ["latestCheckpoint", "on_warnings", "onWarning", (options) => latestCheckpoint("package.json/nowhere", options)],
])("%s refuses %s and names %s", async (name, misspelt, nearest, call) => {
  const refused = `${name} got unknown options:\n  - "${misspelt}" → "${nearest}"`;
  await expect(async () => call({ [misspelt]: 1 } as never)).rejects.toThrow(refused);
});
