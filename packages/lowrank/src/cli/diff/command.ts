// lowrank diff: two adapters, or an adapter and its base.

import type { Command } from "commander";
import type { CommandIo } from "../io.ts";
import { differentBaseOption, modelOption, withEngine, withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";
import type { DiffOptions } from "./run-diff.ts";

/** Adds the command to the program. */
export function addDiffCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("diff")
    .summary("compare two adapters, or an adapter with its base")
    .description(
      "Of two adapters: how large the update of each layer is, how far apart they are, and whether they look in the same " +
        "directions (the LoRA paper's subspace similarity). Of one: how much it changes each weight of its base, ‖ΔW‖/‖W‖, " +
        "read some rows at a time.",
    )
    .argument("<adapter>", "PEFT adapter folder")
    .argument("[other]", "another one; without it the adapter is compared with its base")
    .addOption(modelOption())
    .addOption(differentBaseOption())
    .option("--out <file>", "write a page with heat maps (.html), or the first of them as a picture (.svg)")
    .option("--overwrite", "replace --out if an earlier run wrote it");
  withExamples(
    withEngine(command),
    "lowrank diff ./polite ./rude --out difference.html",
    "lowrank diff ./polite --model ./base",
  ).action(async (adapter: string, other: string | undefined, options: DiffOptions) => {
    const { runDiff } = await import("./run-diff.ts");
    await runDiff([adapter, other], options, createReport(io, options));
  });
}
