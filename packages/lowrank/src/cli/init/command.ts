// lowrank init: a recipe to start from.

import { defineCommand, option } from "../define-command.ts";
import type { InitOptions } from "./run-init.ts";

export const addInitCommand = defineCommand({
  name: "init",
  summary: "write a recipe by asking",
  description:
    "Asks what to train on what and writes the answers as a recipe, which lowrank train --recipe reads and in which " +
    "every option of lowrank train can be named.",
  words: [["[file]", "where to write it", "recipe.yaml"]],
  options: [option("--overwrite", "replace the file"), option("--schema", "print the JSON Schema of recipes instead")],
  examples: ["lowrank init", "lowrank init --schema > recipe.schema.json"],
  run: async (options: InitOptions, report, file: string) =>
    (await import("./run-init.ts")).runInit(file, options, report),
});
