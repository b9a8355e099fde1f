// Sampling options of the commands that generate text.

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

/** `--max-new-tokens`, with its default if the model has none, and the sampling options. */
export function samplingOptions(defaultTokens: number): readonly Option[] {
  return [
    option(
      "--max-new-tokens <number>",
      `maximum number of new tokens (default: the model's generation_config.json, else ${defaultTokens})`,
      integerIn({ min: 1 }),
    ),
    option("--temperature <number>", "sampling temperature; 0 is greedy", numberIn({ min: 0 })),
    option("--top-k <number>", "sample from the k most likely tokens; 0: from all", integerIn({ min: 0 })),
    option("--top-p <number>", "sample from the most likely tokens that sum up to p", numberIn({ above: 0, max: 1 })),
    option("--min-p <share>", "drop tokens below this share of the highest probability", numberIn({ min: 0, max: 1 })),
    option("--repetition-penalty <number>", "above 1: makes repeated tokens less likely", numberIn({ above: 0 })),
  ];
}
