// lowrank inspect: what is in an adapter, a model folder or a single file.

import type { Command } from "commander";
import type { InspectOptions } from "../inspect/run-inspect.ts";
import type { CommandIo } from "../io.ts";
import { withExamples, withJson } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addInspectCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("inspect")
    .summary("show what is in an adapter, a model or a file")
    .description(
      "Shows names, shapes, number types, parameters and configuration of a PEFT adapter folder, a Hugging Face model " +
        "folder, a .safetensors or a .gguf file; for an adapter, which base it fits.",
    )
    .argument("<path>", "folder or file")
    .option("--all", "list every tensor, however many");
  withExamples(withJson(command), "lowrank inspect ./adapter").action(async (path: string, options: InspectOptions) => {
    const { runInspect } = await import("../inspect/run-inspect.ts");
    await runInspect(path, options, createReport(io, options));
  });
}
