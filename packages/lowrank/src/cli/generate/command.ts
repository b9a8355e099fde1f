// lowrank generate: text from prompts, as it comes.

import { type Command, Option } from "commander";
import type { GenerateOptions } from "../generate/run-generate.ts";
import type { CommandIo } from "../io.ts";
import { integerIn } from "../options/parse-values.ts";
import { addSamplingOptions } from "../options/sampling-options.ts";
import {
  adaptersOption,
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
      "Continues prompts, or answers them with an encoder–decoder. Greedy unless --temperature, --top-k, --top-p, --min-p or " +
        "the model's generation_config.json asks for sampling.",
    )
    .addOption(modelOption())
    .addOption(adaptersOption())
    .addOption(differentBaseOption())
    .addOption(basePrecisionOption())
    .option("--prompt <text...>", "prompt to continue, or - for stdin; several are generated as one batch")
    .option(
      "--prompts <file>",
      'file of prompts, or - for stdin: a text, {"prompt": …} or {"messages": […]} on each line, or plain lines of text',
    )
    .addOption(
      new Option("--batch-size <number>", "prompts generated at one time").argParser(integerIn({ min: 1 })).default(16),
    );
  addSamplingOptions(command, 64);
  command
    .option("--stop <text...>", "end where the new text holds one of these")
    .addOption(
      new Option(
        "--logprobs <number>",
        "with --json, tell each token with the logarithm of its probability, and so many likeliest ones",
      ).argParser(integerIn({ min: 0, max: 100 })),
    )
    .addOption(
      templateOption(
        "template of the prompt (default: as in training, else the model's own chat template, else plain)",
      ),
    )
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
