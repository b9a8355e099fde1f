// Prompts in, text out as it comes.

import type { TextTokenizer } from "@lowrank/data";
import { generateTokens, type Sampling } from "@lowrank/models";
import { EmptyPromptError } from "../errors/usage-errors.ts";
import { given } from "../given.ts";
import type { Notices } from "../notices.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { endTokens } from "../rows/end-tokens.ts";
import { checkPrompts } from "../rows/rows-it-acts-on.ts";
import { targetLanguage } from "../rows/target-language.ts";
import { promptIds as encode, type TextPrompt } from "./prompt-ids.ts";
import { TextStream } from "./text-stream.ts";

/** How to continue prompts: greedily, unless one of the sampling options is there. */
export interface TextOptions {
  /** How a prompt is written: "plain" (as it is, the default), "alpaca", "vicuna", "koalpaca", or the model's own "chat". */
  readonly template?: string | undefined;
  /** Default 64. */
  readonly maxNewTokens?: number | undefined;
  /** Divides the logits; 0 is greedy, whatever else is said. */
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  /** Texts at which to end. */
  readonly stop?: readonly string[] | undefined;
  /** Seeds the sampling; default 0. */
  readonly seed?: number | undefined;
  /** Stops before the next token; the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A token of one prompt's continuation, or the end of it. */
export type TextEvent =
  /** `text`: what can be shown now; empty while a character is incomplete. */
  | { readonly type: "token"; readonly prompt: number; readonly id: number; readonly text: string }
  /** `text`: all of it. `rest`: what was held back and is to be shown yet. */
  | {
      readonly type: "end";
      readonly prompt: number;
      readonly text: string;
      readonly rest: string;
      readonly ids: readonly number[];
    };

/** What is continued with. */
export interface Writer {
  readonly opened: OpenedBase;
  readonly tokenizer: TextTokenizer;
  readonly notices: Notices;
}

/**
 * Continues the prompts as one batch; ends of all come last, in the prompts' order. Throws EmptyPromptError,
 * NonFiniteModelError, GenerationOptionError, PositionLimitError, ChatTemplateMissingError.
 */
export async function* continuePrompts(
  { opened, tokenizer, notices }: Writer,
  prompts: readonly TextPrompt[],
  options: TextOptions,
): AsyncGenerator<TextEvent, void, undefined> {
  const { model, context, adapter } = opened;
  const reader = { tokenizer, task: model.task };
  const promptIds = prompts.map((prompt) => encode(prompt, options.template, reader));
  if (promptIds.some((ids) => ids.length === 0)) throw new EmptyPromptError();
  checkPrompts(promptIds, { config: opened.handle?.config ?? adapter?.config, notices });
  const streams = prompts.map(() => new TextStream(tokenizer));
  const { maxNewTokens = 64, repetitionPenalty, stop, signal } = options;
  const tokens = generateTokens(model, {
    promptIds,
    maxNewTokens,
    eosTokenIds: endTokens(model, tokenizer),
    context,
    ...targetLanguage(model, tokenizer),
    ...samplingOf(options),
    ...given({ signal, repetitionPenalty }),
    ...(stop === undefined ? {} : { stopStrings: { strings: stop, decode: (ids) => tokenizer.decode(ids) } }),
  });
  try {
    for (;;) {
      const next = await namingBrokenWeights(opened, () => tokens.next());
      if (next.done === true) break;
      const { prompt, id } = next.value;
      yield { type: "token", prompt, id, text: streams[prompt]?.push(id) ?? "" };
    }
  } finally {
    await tokens.return();
  }
  for (const [prompt, stream] of streams.entries()) {
    yield { type: "end", prompt, rest: stream.end(), text: stream.text, ids: stream.ids };
  }
}

function samplingOf({ temperature, topK, topP, minP, seed = 0 }: TextOptions): { sampling?: Sampling } {
  if (temperature === 0 || [temperature, topK, topP, minP].every((option) => option === undefined)) return {};
  return {
    sampling: { seed, ...given({ temperature, topK, topP, minP }) },
  };
}
