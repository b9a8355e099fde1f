// lowrank generate: text from prompts, as it comes.

import { integerIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { samplingOptions } from "../options/sampling-options.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { GenerateOptions } from "./run-generate.ts";

export const addGenerateCommand = defineCommand({
  name: "generate",
  summary: "continue prompts",
  description:
    "Continues prompts, or answers them with an encoder–decoder. Greedy unless --temperature, --top-k, --top-p, --min-p or " +
    "the model's generation_config.json asks for sampling.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    "basePrecision",
    option("--prompt <text...>", "prompt to continue, or - for stdin; several are generated as one batch"),
    option(
      "--prompts <file>",
      'file of prompts, or - for stdin: a text, {"prompt": …} or {"messages": […]} on each line, or plain lines of text',
    ),
    option("--batch-size <number>", "prompts generated at one time", integerIn({ min: 1 }), 16),
    ...samplingOptions(64),
    option("--stop <text...>", "end where the new text holds one of these"),
    option(
      "--logprobs <number>",
      "with --json, tell each token with the logarithm of its probability, and so many likeliest ones",
      integerIn({ min: 0, max: 100 }),
    ),
    tableOption(
      "template",
      "template of the prompt (default: as in training, else the model's own chat template, else plain)",
    ),
    option("--system <text>", "what stands before a conversation (default: as in training)"),
    tableOption("seed", "seed of the sampling"),
    ...computing,
  ],
  examples: ['lowrank generate --model ./tiny --adapter ./adapter --prompt "name[The Mill], food[English]"'],
  run: async (options: GenerateOptions, report) => (await import("./run-generate.ts")).runGenerate(options, report),
});
