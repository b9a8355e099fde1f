// How tokens are chosen, for commands that write texts.

import { type Command, Option } from "commander";
import { integerIn, numberIn } from "./parse-values.ts";

/** What such commands have. */
export interface SamplingOptions {
  readonly maxNewTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
}

/** Adds `--max-new-tokens` and the options of sampling. `usualTokens`: how many where nothing says it. */
export function addSamplingOptions(command: Command, usualTokens: number): void {
  command
    .addOption(
      new Option(
        "--max-new-tokens <number>",
        `maximum number of new tokens (default: the model's generation_config.json, else ${usualTokens})`,
      ).argParser(integerIn({ min: 1 })),
    )
    .addOption(
      new Option("--temperature <number>", "sample, with logits divided by this; 0 is greedy").argParser(
        numberIn({ min: 0 }),
      ),
    )
    .addOption(
      new Option("--top-k <number>", "sample among the k likeliest tokens; 0 among all").argParser(
        integerIn({ min: 0 }),
      ),
    )
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
    );
}
