// lowrank generate: text from prompts, as it comes.

import { type Command, Option } from "commander";
import type { GenerateOptions } from "../generate/run-generate.ts";
import type { CommandIo } from "../io.ts";
import { integerIn, numberIn } from "../options/parse-values.ts";
import {
  adapterOption,
  basePrecisionOption,
  differentBaseOption,
  modelOption,
  seedOption,
  templateOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addGenerateCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("generate")
    .summary("continue prompts")
    .description(
      "Continues prompts, or answers them with an encoder–decoder. Greedy unless --temperature, --top-k, --top-p or --min-p asks for sampling.",
    )
    .addOption(modelOption())
    .addOption(adapterOption())
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .addOption(
      new Option(
        "--prompt <text...>",
        "prompt to continue, or - for stdin; several are generated as one batch",
      ).makeOptionMandatory(),
    )
    .addOption(
      new Option("--max-new-tokens <number>", "stop after so many tokens").argParser(integerIn({ min: 1 })).default(64),
    )
    .addOption(
      new Option("--temperature <number>", "sample, with logits divided by this; 0 is greedy").argParser(
        numberIn({ min: 0 }),
      ),
    )
    .addOption(new Option("--top-k <number>", "sample among the k likeliest tokens").argParser(integerIn({ min: 1 })))
    .addOption(
      new Option("--top-p <number>", "sample among the likeliest tokens that sum up to p").argParser(
        numberIn({ above: 0, max: 1 }),
      ),
    )
    .addOption(
      new Option("--min-p <share>", "sample among tokens at least this share as likely as the likeliest").argParser(
        numberIn({ min: 0, max: 1 }),
      ),
    )
    .addOption(
      new Option(
        "--repetition-penalty <number>",
        "above 1: tokens that are there already become less likely",
      ).argParser(numberIn({ above: 0 })),
    )
    .option("--stop <text...>", "end where the new text holds one of these")
    .addOption(templateOption("write the prompt so (default: as in training)"))
    .option("--system <text>", "what stands before a conversation (default: as in training)")
    .addOption(seedOption("seed of the sampling"));
  withExamples(
    withEngine(command),
    'lowrank generate --model ./tiny --adapter ./adapter --prompt "name[The Mill], food[English]"',
  ).action(async (options: GenerateOptions) => {
    const { runGenerate } = await import("../generate/run-generate.ts");
    await runGenerate(options, createReport(io, options));
  });
}
