// lowrank data: looks at data as the model will.

import { integerIn } from "../../options/option-table.ts";
import { type AddCommand, defineCommand, option, withExamples } from "../define-command.ts";
import { computing } from "../options/shared-options.ts";
import { optionsWithoutOut } from "../plan/command.ts";
import type { PreviewOptions } from "./preview-rows.ts";

const examples = ["lowrank data preview --model ./tiny --data pairs.jsonl --rows 3"];

const addPreviewCommand = defineCommand({
  name: "preview",
  summary: "print rows as the model sees them, the trained part marked",
  description:
    "Prints the first rows as lowrank train would write and tokenize them with the same options or recipe. The trained part is coloured, or between ⟦ and ⟧.",
  options: [
    option("--rows <number>", "number of rows", integerIn({ min: 1, max: 1000 }), 5),
    ...optionsWithoutOut,
    ...computing,
  ],
  examples,
  run: async (options: PreviewOptions, report) => (await import("./preview-rows.ts")).previewRows(options, report),
});

export const addDataCommand: AddCommand = (program, io) => {
  const data = withExamples(program.command("data").summary("show data as the model sees it"), examples);
  addPreviewCommand(data, io);
  return data;
};
