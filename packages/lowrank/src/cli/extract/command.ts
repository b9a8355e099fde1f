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
    "Writes the adapter that is closest to the difference of two checkpoints of one model, layer by layer, and reports how much it misses and which weights it does not " +
    "hold. Weights are read from their files some rows at a time. --energy 0.99 misses a tenth of the norm.",
  options: [
    option("--model <path>", "base: Hugging Face folder, .gguf file or owner/name on the Hub").makeOptionMandatory(),
    option("--tuned <path>", "same model after training").makeOptionMandatory(),
    tableOption("out", "folder to write"),
    option("--rank <number>", "maximum rank of a layer", integerIn({ min: 1 }), 64),
    option("--energy <share>", "lowest rank with this share of the squared norm", numberIn({ above: 0, max: 1 })),
    option("--target-modules <names>", "layers to compare: all-linear, names or a regex", targetModules, "all-linear"),
    option("--use-dora", "make a DoRA adapter: size and direction of weights separately"),
    tableOption("seed", "random seed of the decomposition"),
    option("--plan", "print layers and maximum size; read no weights, write nothing"),
    option("--overwrite", "replace --out if lowrank wrote it"),
    ...computing,
  ],
  examples: ["lowrank extract --model ./base --tuned ./fine-tuned --energy 0.95 --out ./adapter"],
  run: async (options: ExtractOptions, report) => (await import("./run-extract.ts")).runExtract(options, report),
});
