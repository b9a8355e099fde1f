// How tokens are chosen, for commands that write texts.

import type { Option } from "commander";
import { integerIn, numberIn } from "../../options/option-table.ts";
import { option } from "../define-command.ts";

export interface SamplingOptions {
  readonly maxNewTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
}

/** `--max-new-tokens` and the options of sampling. `usualTokens`: how many where nothing says it. */
export function samplingOptions(usualTokens: number): readonly Option[] {
  return [
    option(
      "--max-new-tokens <number>",
      `maximum number of new tokens (default: the model's generation_config.json, else ${usualTokens})`,
      integerIn({ min: 1 }),
    ),
    option("--temperature <number>", "sample, with logits divided by this; 0 is greedy", numberIn({ min: 0 })),
    option("--top-k <number>", "sample among the k likeliest tokens; 0 among all", integerIn({ min: 0 })),
    option("--top-p <number>", "sample among the likeliest tokens that sum up to p", numberIn({ above: 0, max: 1 })),
    option(
      "--min-p <share>",
      "sample among tokens at least this share as likely as the likeliest",
      numberIn({ min: 0, max: 1 }),
    ),
    option(
      "--repetition-penalty <number>",
      "above 1: tokens that are there already become less likely",
      numberIn({ above: 0 }),
    ),
  ];
}
