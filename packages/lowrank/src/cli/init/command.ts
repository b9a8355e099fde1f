// lowrank init: a recipe to start from.

import { defineCommand, option } from "../define-command.ts";
import type { InitOptions } from "./run-init.ts";

export const addInitCommand = defineCommand({
  name: "init",
  summary: "write a recipe, question by question",
  description:
    "Asks about model, data and settings, and writes the answers as a recipe for lowrank train --recipe. A recipe can have every option of lowrank train.",
  words: [["[file]", "file to write", "recipe.yaml"]],
  options: [option("--overwrite", "replace the file"), option("--schema", "print the JSON Schema of recipes instead")],
  examples: ["lowrank init", "lowrank init --schema > recipe.schema.json"],
  run: async (options: InitOptions, report, file: string) =>
    (await import("./run-init.ts")).runInit(file, options, report),
});
