// lowrank reduce: an adapter of lower rank.

import { integerIn, numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ReduceOptions } from "./run-reduce.ts";

export const addReduceCommand = defineCommand({
  name: "reduce",
  summary: "reduce the rank of an adapter, or its intruder dimensions",
  description:
    "Writes the closest adapter of lower rank, layer by layer, and reports how much of each layer's update is lost. No base model is needed. --energy 0.99 loses a tenth " +
    "of the norm. --intruders keeps the ranks instead, and weakens directions that the adapter made important and that its base does not have, against forgetting.",
  options: [
    adaptersOption("PEFT adapter folder to reduce").makeOptionMandatory(),
    tableOption("out", "folder to write"),
    option("--rank <number>", "maximum rank of a layer", integerIn({ min: 1 })),
    option("--energy <share>", "lowest rank with this share of the squared norm", numberIn({ above: 0, max: 1 })),
    option("--intruders", "weaken intruder dimensions instead; reads the weights of the base"),
    option("--top-k <number>", "intruders: first singular vectors to look at (default: 10)", integerIn({ min: 1 })),
    option("--threshold-epsilon <number>", "intruders: largest cosine with the base (default: 0.5)", numberIn()),
    option("--mitigation-lambda <share>", "intruders: share of each that stays (default: 0.75)", numberIn()),
    ...["model", "allowDifferentBase"],
    option("--plan", "print ranks, losses and sizes; write nothing"),
    option("--overwrite", "replace --out if lowrank wrote it"),
    ...computing,
  ],
  examples: [
    "lowrank reduce --adapter ./adapter --energy 0.99 --out ./smaller",
    "lowrank reduce --adapter ./adapter --intruders --out ./weaker",
  ],
  run: async (options: ReduceOptions, report) => (await import("./run-reduce.ts")).runReduce(options, report),
});
