// lowrank extract: an adapter out of two checkpoints of one model.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { targetModules } from "../options/parse-values.ts";
import { computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ExtractOptions } from "./run-extract.ts";

export const addExtractCommand = defineCommand({
  name: "extract",
  summary: "make an adapter of what full fine-tuning changed",
  description:
    "Writes the adapter that comes closest to the difference of two checkpoints of one model, layer by layer, and says how " +
    "much it misses and which weights it does not hold. Weights are read from their files some rows at a time.",
  options: [
    option("--model <path>", "the base: a Hugging Face model folder, .gguf file or owner/name").makeOptionMandatory(),
    option("--tuned <path>", "the same model after training").makeOptionMandatory(),
    tableOption("out", "folder to write"),
    option("--rank <number>", "largest rank of a layer", integerIn({ min: 1 }), 64),
    option(
      "--energy <share>",
      "the least rank for each layer that holds this share of its change's squared norm: 0.99 misses a tenth of the norm",
      numberIn({ above: 0, max: 1 }),
    ),
    option(
      "--target-modules <names>",
      "where to look: a,b | all-linear | a regular expression",
      targetModules,
      "all-linear",
    ),
    option("--use-dora", "a DoRA: each output's length apart from its direction"),
    tableOption("seed", "for the directions that the decomposition tries first"),
    option("--plan", "say where would be looked, and the largest size; read no weights and write nothing"),
    option("--overwrite", "replace --out if an earlier run wrote it"),
    ...computing,
  ],
  examples: ["lowrank extract --model ./base --tuned ./fine-tuned --energy 0.95 --out ./adapter"],
  run: async (options: ExtractOptions, report) => (await import("./run-extract.ts")).runExtract(options, report),
});
