// What may come next in a text and where it ends, as the models' package takes it.

import type { TextTokenizer } from "@lowrank/data";
import type { GenerationOptions, PrefixCache, PretrainedModel, Sampling, TokenReport } from "@lowrank/models";
import { given } from "../given.ts";
import { endTokens } from "../rows/text-ending.ts";

/**
 * How to continue prompts: as generation_config.json of the model's folder says, where an option does not; without either
 * greedily.
 */
export interface TextOptions {
  /**
   * How a prompt is written: "plain" (as it is), "alpaca", "vicuna", "koalpaca", or the model's own "chat"; default: as the
   * adapter's rows were, else the model's own, else plain.
   */
  readonly template?: string | undefined;
  /** What stands before a conversation; default: what stood before all that the adapter learned from. "" is nothing. */
  readonly system?: string | undefined;
  /** Default: what the file says, else 64. */
  readonly maxNewTokens?: number | undefined;
  /** Divides the logits; 0 is greedy, whatever else is said. */
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  /** Texts at which to end; [] for none, whatever the file says. */
  readonly stop?: readonly string[] | undefined;
  /** Seeds the sampling; default 0. */
  readonly seed?: number | undefined;
  /** Tells each token with the logarithm of its probability, beside those of so many likeliest ones; 0 to 100. */
  readonly logprobs?: number | undefined;
  /** What was kept of an earlier text, where this one begins alike; for one prompt. It keeps this text then. */
  readonly prefix?: PrefixCache | undefined;
  /** Stops before the next token; the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A token that might have come. */
export interface LikelyToken {
  readonly id: number;
  readonly text: string;
  /** The natural logarithm of its probability, before temperature and other rules. */
  readonly logprob: number;
}

/** What the models' package takes of one text's options. */
export type TextRules = Pick<
  GenerationOptions,
  "maxNewTokens" | "eosTokenIds" | "sampling" | "repetitionPenalty" | "stopStrings" | "logprobs"
>;

export function textRules(model: PretrainedModel, tokenizer: TextTokenizer, options: TextOptions): TextRules {
  const { maxNewTokens = 64, repetitionPenalty, stop = [], logprobs } = options;
  return {
    maxNewTokens,
    eosTokenIds: endTokens(model, tokenizer),
    ...samplingOf(options),
    ...given({ repetitionPenalty, logprobs }),
    ...(stop.length === 0 ? {} : { stopStrings: { strings: stop, decode: (ids) => tokenizer.decode(ids) } }),
  };
}

/** The report of a token with the texts of those that might have come. */
export function readReport(
  { logprob, top }: Partial<TokenReport>,
  tokenizer: Pick<TextTokenizer, "decode">,
): { readonly logprob?: number; readonly top?: readonly LikelyToken[] } {
  if (logprob === undefined) return {};
  return { logprob, top: (top ?? []).map((token) => ({ ...token, text: tokenizer.decode([token.id]) })) };
}

function samplingOf({ temperature, topK, topP, minP, seed = 0 }: TextOptions): { sampling?: Sampling } {
  if (temperature === 0 || [temperature, topK, topP, minP].every((option) => option === undefined)) return {};
  return {
    sampling: { seed, ...given({ temperature, topK, topP, minP }) },
  };
}
