// Continues prompts to their ends.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { PretrainedModel } from "../pretrained-model.ts";
import { type GeneratedToken, generateTokens } from "./generate-tokens.ts";
import { type GenerationOptions, generationNames } from "./generation-options.ts";

/** Further options of a whole generation. */
export interface GenerateOptions extends GenerationOptions {
  /** Each token as soon as it is known, the end token included. */
  readonly onToken?: (token: GeneratedToken) => void;
}

const optionNames: OptionNames<GenerateOptions> = { ...generationNames, onToken: true };

/**
 * Continues each prompt, or with an encoder–decoder answers each source; returns the new tokens of each, its end token included if one came.
 *
 * @throws GENERATION_OPTION, MODEL_INPUT, POSITION_LIMIT before anything is computed; NonFiniteOutputError; the
 * signal's reason.
 *
 * @example
 * ```ts
 * import { generate, type PretrainedModel } from "@lowrank/models";
 *
 * async function continueGreedily(model: PretrainedModel, prompt: readonly number[]): Promise<readonly number[]> {
 *   const [tokens = []] = await generate(model, { promptIds: [prompt], maxNewTokens: 20 });
 *   return tokens;
 * }
 * ```
 */
export async function generate(model: PretrainedModel, options: GenerateOptions): Promise<number[][]> {
  refuseUnknownOptions("generate", options, optionNames);
  const { onToken, ...settings } = options;
  const rows = options.promptIds.map((): number[] => []);
  for await (const token of generateTokens(model, settings)) {
    rows[token.prompt]?.push(token.id);
    onToken?.(token);
  }
  return rows;
}
