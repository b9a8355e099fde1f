// The common fields of chat and text completion requests.

import { isObject } from "@lowrank/contracts/internal";
import type { Fields, RequestLimits } from "./fields.ts";

export type GenerationRequest = ReturnType<typeof generationRequest>;

/** Each token of the answer needs this many additions. */
const maxBiased = 1024;
const anySeed = { min: -(2 ** 53), max: 2 ** 53 };

/** `defaultTokens`: default maximum of new tokens. */
export function generationRequest(fields: Fields, limits: RequestLimits, defaultTokens: number) {
  const { defaults } = limits;
  const tokens = { min: 1, max: limits.maxNewTokens };
  const fallbackTokens = Math.min(defaults.maxNewTokens ?? defaultTokens, limits.maxNewTokens);
  const stop = fields.texts("stop", limits.maxStops) ?? defaults.stop ?? [];
  if (stop.includes("")) fields.fault("stop", "an empty text; expected texts of at least one character");
  for (const name of ["presence_penalty", "frequency_penalty"])
    fields.refuseUnsupported(name, [0], "only 0 is supported; use repetition_penalty");
  const isStreamed = fields.flag("stream");
  const temperature = fields.number("temperature", { min: 0, max: 2 });
  const topP = fields.number("top_p", { min: Number.MIN_VALUE, max: 1 });
  const topK = fields.integer("top_k", { min: 0, max: 2 ** 31 });
  return {
    model: fields.required("model"),
    n: fields.integer("n", { min: 1, max: limits.maxChoices }) ?? 1,
    // Clients may send any integer as a seed; ours have 32 bits. Without a seed, each request gets a random one.
    seed: (fields.integer("seed", anySeed) ?? Math.floor(Math.random() * 2 ** 32)) >>> 0,
    isStreamed,
    /** Whether a stream ends with its token counts (`stream_options.include_usage`). */
    includesUsage: includesUsage(fields, isStreamed),
    /** Settings of each text. */
    writing: {
      maxNewTokens:
        fields.integer("max_completion_tokens", tokens) ?? fields.integer("max_tokens", tokens) ?? fallbackTokens,
      // OpenAI's default, unless the model's files have their own sampling settings.
      temperature: temperature ?? (defaults.doSample ? undefined : 1),
      topP: topP === 1 && defaults.topP === undefined ? undefined : topP,
      topK: topK === 0 && defaults.topK === undefined ? undefined : topK,
      minP: fields.number("min_p", { min: 0, max: 1 }),
      repetitionPenalty: fields.number("repetition_penalty", { min: 0.01, max: 100 }),
      logitBias: logitBias(fields),
      stop,
    },
  };
}

/** Token ids are checked by the model, which knows its vocabulary. */
function logitBias(fields: Fields): Readonly<Record<number, number>> | undefined {
  const value = fields.raw("logit_bias") ?? {};
  const entries = isObject(value) ? Object.entries(value) : [];
  const isRight = entries.every(([id, bias]) => /^\d+$/.test(id) && typeof bias === "number" && Math.abs(bias) <= 100);
  if (!isObject(value) || entries.length > maxBiased || !isRight)
    fields.fault("logit_bias", `expected at most ${maxBiased} token ids, each with a number from -100 to 100`);
  return entries.length === 0 ? undefined : (value as Readonly<Record<number, number>>);
}

function includesUsage(fields: Fields, isStreamed: boolean): boolean {
  const options = fields.raw("stream_options");
  if (options !== undefined && !isStreamed) fields.fault("stream_options", "given without stream: true");
  return isObject(options) && options.include_usage === true;
}
