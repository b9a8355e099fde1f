// lowrank diff: two adapters, or an adapter and its base.

import { defineCommand, option } from "../define-command.ts";
import { computing } from "../options/shared-options.ts";
import type { DiffOptions } from "./run-diff.ts";

export const addDiffCommand = defineCommand({
  name: "diff",
  summary: "compare two adapters, or an adapter with its base",
  description:
    "Two adapters: how large each layer's update is, how far apart they are, and whether their directions agree (the LoRA paper's subspace similarity). One adapter: how " +
    "much it changes each weight of its base, ‖ΔW‖/‖W‖. Weights are read some rows at a time.",
  words: [
    ["<adapter>", "PEFT adapter folder"],
    ["[other]", "another one (default: the base of the first)"],
  ],
  options: [
    "model",
    "allowDifferentBase",
    option("--out <file>", "write a page with heat maps (.html), or the first heat map as a picture (.svg)"),
    option("--overwrite", "replace --out if lowrank wrote it"),
    ...computing,
  ],
  examples: ["lowrank diff ./polite ./rude --out difference.html", "lowrank diff ./polite --model ./base"],
  run: async (options: DiffOptions, report, adapter: string, other: string | undefined) =>
    (await import("./run-diff.ts")).runDiff([adapter, other], options, report),
});
