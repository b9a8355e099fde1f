// What a generation is asked for, checked before anything is computed.

import type { ForwardContext, OptionNames } from "@lowrank/contracts";
import { familyOf } from "@lowrank/families";
import { GenerationOptionError, ModelInputError, PositionLimitError } from "../errors.ts";
import type { ForcedTokens } from "../folder/generation-defaults.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { checkSampling, type Sampling } from "./sampling.ts";
import type { StopStrings } from "./stop-rule.ts";

/** What `generate` and `generateTokens` are asked for. */
export interface GenerationOptions {
  /** At least one token each; lengths may differ. */
  readonly promptIds: readonly (readonly number[])[];
  readonly maxNewTokens: number;
  /** A row ends with the first of these. Default: what the model's files say, generation_config.json first. */
  readonly eosTokenIds?: readonly number[];
  /** Tokens that come whatever their logits are. Default: what the model's files say (BART's do). */
  readonly forced?: ForcedTokens;
  /** A row ends with the token that completes one of these in its new text. */
  readonly stopStrings?: StopStrings;
  /** Absent: always the likeliest token. */
  readonly sampling?: Sampling;
  /** Above 1, tokens of the prompt and of the new text become less likely; below 1 more. Default 1. */
  readonly repetitionPenalty?: number;
  /** Which adapters; none by default. */
  readonly context?: ForwardContext;
  /** Looked at before each token; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

export const generationNames: OptionNames<GenerationOptions> = {
  promptIds: true,
  maxNewTokens: true,
  eosTokenIds: true,
  forced: true,
  stopStrings: true,
  sampling: true,
  repetitionPenalty: true,
  context: true,
  signal: true,
};

/** Throws GenerationOptionError, ModelInputError and PositionLimitError. */
export function checkGeneration(model: PretrainedModel, options: GenerationOptions): void {
  const { promptIds, maxNewTokens, sampling, stopStrings, repetitionPenalty = 1 } = options;
  const isSourced = model.task === "sequence-to-sequence";
  if (model.task !== "causal-lm" && !isSourced) {
    throw new GenerationOptionError(
      "model",
      `a model for ${model.task}`,
      "one loaded for causal-lm or sequence-to-sequence",
    );
  }
  if (!isSourced && !model.causal && !familyOf(model.modelType).causal) {
    const got = `a ${model.modelType} model whose positions see later ones`;
    throw new GenerationOptionError("model", got, '"is_decoder": true in config.json');
  }
  if (!(Number.isInteger(maxNewTokens) && maxNewTokens >= 0)) {
    throw new GenerationOptionError("maxNewTokens", maxNewTokens, "an integer from 0");
  }
  if (!(repetitionPenalty > 0 && Number.isFinite(repetitionPenalty))) {
    throw new GenerationOptionError("repetitionPenalty", repetitionPenalty, "a number above 0");
  }
  if (stopStrings?.strings.some((text) => text === "")) {
    throw new GenerationOptionError("stopStrings", "an empty text", "texts of at least one character");
  }
  if (promptIds.length === 0 || promptIds.some(({ length }) => length === 0)) {
    throw new ModelInputError("promptIds", "every prompt needs at least one token");
  }
  const { vocabularySize, maxPositions } = model.config;
  checkForced(options.forced, vocabularySize);
  const wrong = promptIds.flat().find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
  if (wrong !== undefined) throw new ModelInputError("promptIds", `${wrong} is outside 0 to ${vocabularySize - 1}`);
  const longest = Math.max(...promptIds.map(({ length }) => length));
  // The last new token is never fed back, but transformers counts it too. Positions of an encoder are its own.
  const wanted = isSourced ? Math.max(longest, maxNewTokens) : longest + maxNewTokens;
  // 0 stands for a family whose positions have no limit.
  const most = maxPositions - model.firstPosition;
  if (maxPositions > 0 && wanted > most) throw new PositionLimitError(wanted, most);
  if (sampling !== undefined) checkSampling(sampling, promptIds.length);
}

function checkForced(forced: ForcedTokens | undefined, vocabularySize: number): void {
  const ids = forced === undefined ? [] : [...forced.last, ...(forced.first === null ? [] : [forced.first])];
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
  if (wrong !== undefined) throw new GenerationOptionError("forced", wrong, `a token id below ${vocabularySize}`);
}
