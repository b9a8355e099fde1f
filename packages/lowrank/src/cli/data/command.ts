// lowrank data: looks at data as the model will.

import { type Command, Option } from "commander";
import type { CommandIo } from "../io.ts";
import { integerIn } from "../options/parse-values.ts";
import { withEngine, withExamples } from "../options/shared-options.ts";
import { withoutOut } from "../plan/command.ts";
import { createReport } from "../terminal/report.ts";
import type { PreviewOptions } from "./preview-rows.ts";

/** Adds the command to the program. */
export function addDataCommand(program: Command, io: CommandIo): void {
  const data = program.command("data").summary("look at data as the model will");
  withExamples(data, "lowrank data preview --model ./tiny --data pairs.jsonl --rows 3");
  const preview = data
    .command("preview")
    .summary("rows as the model will see them, the trained part marked")
    .description(
      "Prints the first rows as lowrank train would write and tokenise them with the same options or recipe; what is trained " +
        "is coloured, or stands in ⟦…⟧.",
    )
    .addOption(new Option("--rows <number>", "how many").argParser(integerIn({ min: 1, max: 1000 })).default(5));
  withoutOut(preview);
  withExamples(withEngine(preview), "lowrank data preview --model ./tiny --data pairs.jsonl --rows 3").action(
    async (options: PreviewOptions) => {
      const { previewRows } = await import("./preview-rows.ts");
      await previewRows(options, createReport(io, options));
    },
  );
}
