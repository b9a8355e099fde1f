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
    "Continues prompts, or answers them with an encoder–decoder. Greedy, unless --temperature, --top-k, --top-p, --min-p " +
    'or the model\'s generation_config.json turns sampling on. A line of --prompts is a text, {"prompt": …} or {"messages": […]}.',
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    "basePrecision",
    option("--prompt <text...>", "prompts to continue, or - for stdin; several form a batch"),
    option("--prompts <file>", "file of prompts, JSON lines or plain lines, or - for stdin"),
    option("--image <file...>", "PNG or JPEG files that each --prompt shows, before its text"),
    option("--batch-size <number>", "prompts in a batch", integerIn({ min: 1 }), 16),
    ...samplingOptions(64),
    option("--stop <text...>", "end when the new text contains one of these"),
    option("--json-schema <file>", "write JSON that fits this JSON schema (constrained decoding)"),
    option("--logprobs <number>", "with --json: log-probabilities and top N tokens", integerIn({ min: 0, max: 100 })),
    tableOption("template", "prompt template (default: as in training, else the model's chat template, else plain)"),
    option("--system <text>", "system prompt of a conversation (default: as in training)"),
    tableOption("seed", "random seed of the sampling"),
    ...computing,
  ],
  examples: ['lowrank generate --model ./tiny --adapter ./adapter --prompt "name[The Mill], food[English]"'],
  run: async (options: GenerateOptions, report) => (await import("./run-generate.ts")).runGenerate(options, report),
});
