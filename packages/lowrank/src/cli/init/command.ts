// lowrank init: a recipe to start from.

import type { Command } from "commander";
import type { InitOptions } from "../init/run-init.ts";
import type { CommandIo } from "../io.ts";
import { withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addInitCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("init")
    .summary("write a recipe by asking")
    .description(
      "Asks what to train on what and writes the answers as a recipe, which lowrank train --recipe reads and in which " +
        "every option of lowrank train can be named.",
    )
    .argument("[file]", "where to write it", "recipe.yaml")
    .option("--overwrite", "replace the file")
    .option("--schema", "print the JSON Schema of recipes instead");
  withExamples(command, "lowrank init", "lowrank init --schema > recipe.schema.json").action(
    async (file: string, options: InitOptions) => {
      const { runInit } = await import("../init/run-init.ts");
      await runInit(file, options, createReport(io, {}));
    },
  );
}
