// Generation options that a call does not set come from generation_config.json in the model's folder, as in transformers.

import type { PretrainedModel } from "@lowrank/models";
import type { WritingDefaults } from "@lowrank/models/internal";
import type { Notices } from "../notices.ts";
import { positionLimit } from "../open/position-limit.ts";
import type { TextOptions } from "./text-rules.ts";

type WritingModel = Pick<PretrainedModel, "config" | "generation" | "task">;

/** Settings that were already reported. */
const reported = new WeakSet<WritingDefaults>();

/** Adds the settings of the model's files to the options. Reports them once per model. */
export function withFileDefaults(
  options: TextOptions,
  model: WritingModel,
  { notices, promptTokens }: { readonly notices: Notices; readonly promptTokens: number },
): TextOptions {
  const { writing } = model.generation;
  const { temperature, topK, topP, minP, repetitionPenalty, stop } = writing;
  const rules = { temperature, topK, topP, minP };
  const hasSamplingOption = Object.keys(rules).some((name) => options[name as keyof typeof rules] !== undefined);
  const isSampled = options.temperature !== 0 && (writing.doSample || hasSamplingOption);
  const defaults: Partial<Record<string, unknown>> = {
    ...(isSampled ? rules : {}),
    repetitionPenalty,
    stop,
    maxNewTokens: maxNewTokensInFile(model, promptTokens),
  };
  const optionNames = Object.keys(options).filter((name) => options[name as keyof TextOptions] !== undefined);
  const added = Object.entries(defaults).filter(([name, value]) => value !== undefined && !optionNames.includes(name));
  if (added.length > 0 && !reported.has(writing)) {
    reported.add(writing);
    const settings = added.map(([name, value]) => {
      if (name === "maxNewTokens" && writing.maxNewTokens === undefined) return `max_length ${writing.maxLength}`;
      return `${nameInFile[name]} ${Array.isArray(value) ? JSON.stringify(value) : value}`;
    });
    notices.note?.(
      `Settings from generation_config.json: ${settings.join(", ")}. Options override them; temperature 0 is greedy.`,
    );
  }
  return { ...options, ...Object.fromEntries(added) };
}

const nameInFile: Readonly<Record<string, string>> = {
  temperature: "temperature",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
  repetitionPenalty: "repetition_penalty",
  stop: "stop_strings",
  maxNewTokens: "max_new_tokens",
};

/** The most new tokens that generation_config.json allows, within the model's context; undefined if it sets none. */
export function maxNewTokensInFile(
  { config, generation, task }: WritingModel,
  promptTokens: number,
): number | undefined {
  const { maxNewTokens, maxLength } = generation.writing;
  const isEncoderDecoder = task === "sequence-to-sequence";
  const before = isEncoderDecoder ? 1 : promptTokens; // a decoder's text begins with one token
  const limit = maxNewTokens ?? (maxLength === undefined ? undefined : maxLength - before);
  const room = isEncoderDecoder ? Number.POSITIVE_INFINITY : positionLimit(config) - before;
  return limit === undefined ? undefined : Math.max(1, Math.min(limit, room));
}
