// Generation options: sampling and the end of a text, in the form of @lowrank/models.

import type { TextTokenizer } from "@lowrank/data";
import type { GenerationOptions, PretrainedModel } from "@lowrank/models";
import type { PrefixCache, Sampling, TokenConstraint, TokenReport } from "@lowrank/models/internal";
import { omitUndefined } from "../omit-undefined.ts";
import { endTokens } from "../rows/text-ending.ts";

/** Generation options. Defaults come from generation_config.json in the model's folder; without it, decoding is greedy. */
export interface TextOptions {
  /**
   * Prompt template: "plain" (unchanged), "alpaca", "vicuna", "koalpaca", or the model's own "chat"; default: the template
   * of the adapter's training, else the model's own, else plain.
   */
  readonly template?: string | undefined;
  /** System prompt; default: the one that all training rows of the adapter had. "" for none. */
  readonly system?: string | undefined;
  /** Maximum number of new tokens. Default: from the file, else 64. */
  readonly maxNewTokens?: number | undefined;
  /** Temperature; 0 is greedy decoding, whatever the other options are. */
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  /** Numbers that are added to the logits of tokens, by token id: 5 makes a token likelier, -100 bans it. */
  readonly logitBias?: Readonly<Record<number, number>> | undefined;
  /** Stop strings; [] for none, whatever the file has. */
  readonly stop?: readonly string[] | undefined;
  /** Random seed of sampling; default 0. */
  readonly seed?: number | undefined;
  /** Reports the log probability of each token and of that many likeliest tokens; 0 to 100. */
  readonly logprobs?: number | undefined;
  /**
   * JSON schema of the text: only tokens that fit it are written (constrained decoding). With zod:
   * `z.toJSONSchema(schema)`. A text that `maxNewTokens` cuts off is not complete.
   */
  readonly schema?: object | undefined;
  /** Whether the text is a JSON object, of any schema. */
  readonly json?: boolean | undefined;
  /** A prefix cache, for one prompt: reuses an earlier text with the same beginning, and stores this one. */
  readonly prefix?: PrefixCache | undefined;
  /** Stops before the next token; the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A candidate token. */
export interface LikelyToken {
  readonly id: number;
  readonly text: string;
  /** The natural logarithm of its probability, before temperature and other rules. */
  readonly logprob: number;
}

/** One text's options in the form of @lowrank/models. */
export type TextRules = Pick<
  GenerationOptions,
  | "maxNewTokens"
  | "eosTokenIds"
  | "sampling"
  | "repetitionPenalty"
  | "logitBias"
  | "stopStrings"
  | "logprobs"
  | "constraint"
>;

/** Throws UNSUPPORTED_SCHEMA, TOKENS_WITHOUT_BYTES. */
export async function textRules(
  model: PretrainedModel,
  tokenizer: TextTokenizer,
  options: TextOptions,
): Promise<TextRules> {
  const { maxNewTokens = 64, repetitionPenalty, logitBias, stop = [], logprobs } = options;
  const eosTokenIds = endTokens(model, tokenizer);
  const constraint = await constraintOf(tokenizer, options, eosTokenIds);
  return {
    maxNewTokens,
    eosTokenIds,
    ...samplingOf(options),
    ...omitUndefined({ repetitionPenalty, logitBias, logprobs, constraint }),
    ...(stop.length === 0 ? {} : { stopStrings: { strings: stop, decode: (ids) => tokenizer.decode(ids) } }),
  };
}

/** Undefined without `schema` and `json`. Throws UNSUPPORTED_SCHEMA, TOKENS_WITHOUT_BYTES. */
export async function constraintOf(
  tokenizer: TextTokenizer,
  { schema, json = false }: Pick<TextOptions, "schema" | "json">,
  endTokens: readonly number[] = [],
): Promise<(() => TokenConstraint) | undefined> {
  if (schema === undefined && !json) return undefined;
  const { jsonConstraint } = await import("../structured/json-constraint.ts"); // loaded on first use
  return jsonConstraint(tokenizer, schema, endTokens);
}

/** The report of a token, with the texts of the candidates. */
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
    sampling: { seed, ...omitUndefined({ temperature, topK, topP, minP }) },
  };
}
