// Defaults of generation: sampling settings, lengths and stop strings of generation_config.json, with transformers' meaning.

import type { WarningListener } from "@lowrank/contracts";
import { describeValue } from "@lowrank/contracts/internal";

/** Settings of generation_config.json. A field is absent if the file does not have it. */
export interface WritingDefaults {
  /** Whether tokens are sampled; false: the likeliest one is taken, and the settings of sampling only complete a call's own. */
  readonly doSample: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly maxNewTokens?: number;
  /** Tokens of the prompt and the new text together; of an encoder–decoder, of the decoder's text. */
  readonly maxLength?: number;
  readonly stop?: readonly string[];
}

/** The values for fields that no file has. */
export const noWritingDefaults: WritingDefaults = { doSample: false };

/** transformers' default top_k for a file that selects sampling without one. */
const usualTopK = 50;

interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
}

const numberFrom = (expected: string, fits: (value: number) => boolean): Rule => ({
  expected,
  fits: (value) => typeof value === "number" && Number.isFinite(value) && fits(value),
});
const count = (min: number) =>
  numberFrom(`a whole number from ${min}`, (value) => Number.isInteger(value) && value >= min);
const isText = (value: unknown) => typeof value === "string" && value !== "";

const rules = {
  do_sample: { expected: "true or false", fits: (value: unknown) => typeof value === "boolean" },
  temperature: numberFrom("a number above 0", (value) => value > 0),
  top_k: count(0),
  top_p: numberFrom("a number above 0 and at most 1", (value) => value > 0 && value <= 1),
  min_p: numberFrom("a number from 0 to 1", (value) => value >= 0 && value <= 1),
  repetition_penalty: numberFrom("a number above 0", (value) => value > 0),
  max_new_tokens: count(1),
  max_length: count(1),
  stop_strings: {
    expected: "a text or a list of texts",
    fits: (value: unknown) => isText(value) || (Array.isArray(value) && value.every(isText)),
  },
} satisfies Record<string, Rule>;

/** Reads the defaults from an unchecked file. A value out of range is ignored with a warning, because training needs none. */
export function readWritingDefaults(
  values: Readonly<Record<string, unknown>>,
  source: { readonly folder: string; readonly file: string },
  onWarning?: WarningListener,
): WritingDefaults {
  const read = <T>(key: keyof typeof rules): T | undefined => {
    const value = values[key] ?? undefined;
    if (value === undefined || rules[key].fits(value)) return value as T | undefined; // checked by its rule
    const message = `${source.folder}: ${source.file}: ${key} is ${describeValue(value)}; expected ${rules[key].expected}. It is ignored.`;
    onWarning?.({ code: "GENERATION_CONFIG", message });
    return undefined;
  };
  const doSample = read<boolean>("do_sample") ?? false;
  const stop = read<string | readonly string[]>("stop_strings");
  const defaults = {
    temperature: read<number>("temperature"),
    topK: read<number>("top_k") ?? (doSample ? usualTopK : undefined),
    topP: read<number>("top_p"),
    minP: read<number>("min_p"),
    repetitionPenalty: read<number>("repetition_penalty"),
    maxNewTokens: read<number>("max_new_tokens"),
    maxLength: read<number>("max_length"),
    stop: typeof stop === "string" ? [stop] : stop,
  };
  const defined = Object.entries(defaults).filter(([, value]) => value !== undefined);
  return { doSample, ...Object.fromEntries(defined) };
}
