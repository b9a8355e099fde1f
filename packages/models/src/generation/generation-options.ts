// The options of a generation, checked before anything is computed.

import type { ForwardContext } from "@lowrank/contracts";
import { familyOf } from "@lowrank/contracts/families";
import { describeValue, type OptionNames } from "@lowrank/contracts/internal";
import type * as tf from "@tensorflow/tfjs-core";
import { generationOptionError, modelInputError, positionLimitError } from "../errors.ts";
import type { BannedTokens, ForcedTokens } from "../folder/generation-defaults.ts";
import type { Grid } from "../parts/images/resample-grid.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import type { LogitBias } from "./choose-token.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import { checkSampling, type Sampling } from "./sampling.ts";
import type { StopStrings } from "./stop-rule.ts";
import type { TokenConstraint } from "./token-constraint.ts";

/** The options of `generate` and `generateTokens`. */
export interface GenerationOptions {
  /**
   * Prompts of at least one token; lengths may differ. For an encoder–decoder, the sources. For a speech model, the beginning of each
   * text, all of one length: Whisper's `<|startoftranscript|><|en|><|transcribe|><|notimestamps|>`.
   */
  readonly promptIds: readonly (readonly number[])[];
  /** Audio features for a speech model, one row for each prompt: float32 [prompts, melBins, frames]. The caller owns them. */
  readonly inputFeatures?: tf.Tensor3D;
  /** The images that the prompts show, in the order of their tokens: float32 [images, channels, height, width]. They stay the caller's. */
  readonly pixelValues?: tf.Tensor4D | undefined;
  /** Rows and columns of tokens of each image, for a model that reads images of any size; `pixelValues` are then squares. */
  readonly imageGrids?: readonly Grid[] | undefined;
  readonly maxNewTokens: number;
  /** The first token of an encoder–decoder's texts, if its files name none or another language is wanted (mBART). */
  readonly decoderStartTokenId?: number;
  /** A row ends with the first of these. Default: those of the model's files, generation_config.json first. */
  readonly eosTokenIds?: readonly number[];
  /** Tokens that are written regardless of their logits. Default: those of the model's files (BART has some). */
  readonly forced?: ForcedTokens;
  /** Tokens that are never written. Default: those of the model's files (Marian and Whisper have some). */
  readonly banned?: BannedTokens;
  /** A row ends with the token that completes one of these in its new text. */
  readonly stopStrings?: StopStrings;
  /** Absent: always the likeliest token. */
  readonly sampling?: Sampling;
  /** Above 1, tokens of the prompt and of the new text become less likely; below 1 more. Default 1. */
  readonly repetitionPenalty?: number;
  /** Numbers that are added to the logits of tokens, by token id, before all other rules; -100 bans a token in practice. */
  readonly logitBias?: LogitBias;
  /** Makes the constraint of each text, such as a grammar: only tokens that it allows can come. */
  readonly constraint?: () => TokenConstraint;
  /** Reports the log probability of each token and of this number of the likeliest tokens; 0 to 100. */
  readonly logprobs?: number;
  /** The cache of an earlier text, which also stores this one; for one prompt of a model without an encoder. */
  readonly prefix?: PrefixCache;
  /** The selected adapters; none by default. */
  readonly context?: ForwardContext;
  /** Looked at before each token; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

export const generationNames: OptionNames<GenerationOptions> = {
  promptIds: true,
  inputFeatures: true,
  pixelValues: true,
  imageGrids: true,
  decoderStartTokenId: true,
  maxNewTokens: true,
  eosTokenIds: true,
  forced: true,
  banned: true,
  stopStrings: true,
  sampling: true,
  repetitionPenalty: true,
  logitBias: true,
  constraint: true,
  logprobs: true,
  prefix: true,
  context: true,
  signal: true,
};

/** Throws GENERATION_OPTION, MODEL_INPUT and POSITION_LIMIT. */
export function checkGeneration(model: PretrainedModel, options: GenerationOptions): void {
  const { promptIds, maxNewTokens, sampling, stopStrings, repetitionPenalty = 1 } = options;
  const isSourced = model.task === "sequence-to-sequence";
  if (model.task !== "causal-lm" && !isSourced) {
    throw generationOptionError(
      "model",
      `a model for ${model.task}`,
      "one loaded for causal-lm or sequence-to-sequence",
    );
  }
  if (!isSourced && !model.causal && !familyOf(model.modelType).causal) {
    const got = `a ${model.modelType} model without causal attention`;
    throw generationOptionError("model", got, '"is_decoder": true in config.json');
  }
  const { logprobs = 0, logitBias = {} } = options;
  const checks: readonly (readonly [isGood: boolean, option: string, got: unknown, expected: string])[] = [
    [Number.isInteger(maxNewTokens) && maxNewTokens >= 0, "maxNewTokens", maxNewTokens, "an integer from 0"],
    [
      repetitionPenalty > 0 && Number.isFinite(repetitionPenalty),
      "repetitionPenalty",
      repetitionPenalty,
      "a number above 0",
    ],
    [Number.isInteger(logprobs) && logprobs >= 0 && logprobs <= 100, "logprobs", logprobs, "an integer from 0 to 100"],
    [!stopStrings?.strings.includes(""), "stopStrings", "", "texts of at least one character"],
  ];
  for (const [isGood, option, got, expected] of checks)
    if (!isGood) throw generationOptionError(option, describeValue(got), expected);
  if (promptIds.length === 0 || promptIds.some(({ length }) => length === 0)) {
    throw modelInputError("promptIds", "every prompt needs at least one token");
  }
  if (options.prefix !== undefined && (isSourced || promptIds.length > 1)) {
    throw generationOptionError("prefix", "given", "no prefix for several prompts or a model with an encoder");
  }
  const { vocabularySize, maxPositions, melBins } = model.config;
  const biased = Object.entries(logitBias).find(
    ([id, value]) => !(/^\d+$/.test(id) && Number(id) < vocabularySize && Number.isFinite(value)),
  );
  if (biased !== undefined)
    throw generationOptionError("logitBias", biased.join(": "), `token ids below ${vocabularySize} with numbers`);
  const { decoderStartTokenId: start } = options;
  checkNamed("decoderStartTokenId", start === undefined ? [] : [start], vocabularySize);
  checkNamed("forced", options.forced, vocabularySize);
  checkNamed("banned", options.banned, vocabularySize);
  checkAudio(options, melBins > 0);
  const wrong = promptIds.flat().find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
  if (wrong !== undefined) throw modelInputError("promptIds", `${wrong} is outside 0 to ${vocabularySize - 1}`);
  const longest = Math.max(...promptIds.map(({ length }) => length));
  // The last new token is never fed back, but transformers counts it too. Positions of an encoder are its own.
  const neededPositions = isSourced && melBins === 0 ? Math.max(longest, maxNewTokens) : longest + maxNewTokens;
  // 0 means that the family's positions have no limit.
  const max = maxPositions - model.firstPosition;
  const ropeType = model.config.rotary?.scaling.type;
  if (maxPositions > 0 && neededPositions > max)
    throw positionLimitError(neededPositions, max, ropeType === "dynamic" ? { limitedBy: ropeType } : {});
  if (sampling !== undefined) checkSampling(sampling, promptIds.length);
}

/** All ids in an option's lists, however deep. */
function checkNamed(
  option: "forced" | "banned" | "decoderStartTokenId",
  tokens: ForcedTokens | BannedTokens | readonly number[] | undefined,
  vocabularySize: number,
): void {
  const ids = Object.values(tokens ?? {}).flat(2);
  const wrong = ids.find((id) => id !== null && !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
  if (wrong !== undefined) throw generationOptionError(option, wrong, `a token id below ${vocabularySize}`);
}

/** Transcripts have prompts of one length, because a decoder cannot know which of its first tokens are padding. */
function checkAudio({ inputFeatures, promptIds }: GenerationOptions, isSpeech: boolean): void {
  if (!isSpeech) {
    if (inputFeatures === undefined) return;
    throw generationOptionError("inputFeatures", "features", "no features: this model reads text");
  }
  const rows = inputFeatures?.shape[0];
  if (rows !== promptIds.length) {
    throw generationOptionError("inputFeatures", `${rows ?? 0} rows`, `one for each of ${promptIds.length} prompts`);
  }
  const lengths = [...new Set(promptIds.map(({ length }) => length))];
  if (lengths.length > 1) throw generationOptionError("promptIds", `${lengths.join(" and ")} tokens`, "one length");
}
