// Streams the generated text of prompts.

import type { TextTokenizer } from "@lowrank/data";
import { type FinishReason, generateTokens, positionLimitError } from "@lowrank/models/internal";
import { emptyPrompt } from "../errors/usage-errors.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import type { Notices } from "../notices.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { positionLimit } from "../open/position-limit.ts";
import { checkPrompts, needsInvocation } from "../rows/invocation-rows.ts";
import { targetLanguage } from "../rows/text-ending.ts";
import { withFileDefaults } from "./file-defaults.ts";
import { promptIds as encode, type TextPrompt } from "./prompt-ids.ts";
import { imageTensorsOf, readImages } from "./prompt-images.ts";
import { type LikelyToken, readReport, type TextOptions, textRules } from "./text-rules.ts";
import { TextStream } from "./text-stream.ts";

/** A generated token of one prompt, or the end of its text. */
export type TextEvent =
  /** `text`: new text to show; empty while a character is incomplete. */
  | {
      readonly type: "token";
      readonly prompt: number;
      readonly id: number;
      readonly text: string;
      /** With `logprobs`. */
      readonly logprob?: number;
      readonly top?: readonly LikelyToken[];
    }
  /** `text`: the whole text. `rest`: held-back text that is still to be shown. `reason`: end of text, or maximum length. */
  | {
      readonly type: "end";
      readonly prompt: number;
      readonly text: string;
      readonly rest: string;
      readonly ids: readonly number[];
      readonly promptTokens: number;
      readonly reason: FinishReason;
    };

export interface Writer {
  readonly opened: OpenedBase;
  readonly tokenizer: TextTokenizer;
  readonly notices: Notices;
  readonly platform: MediaReader["platform"];
}

/** Continues the prompts as one batch; their ends come last, in order. Throws EMPTY_PROMPT, UNSUPPORTED_SCHEMA, POSITION_LIMIT, NonFiniteModelError. */
export async function* continuePrompts(
  { opened, tokenizer, notices, platform }: Writer,
  prompts: readonly TextPrompt[],
  options: TextOptions,
): AsyncGenerator<TextEvent, void, undefined> {
  const { model, context, adapter } = opened;
  const reader = { tokenizer, task: model.task, setup: opened.setup };
  const read = await readImages(prompts, { ...opened, platform });
  const promptIds = read.prompts.map((prompt) => encode(prompt, options, reader));
  if (promptIds.some((ids) => ids.length === 0)) throw emptyPrompt();
  const config = opened.handle?.config ?? adapter?.config;
  checkPrompts(promptIds, { config, notices });
  const streams = prompts.map(() => new TextStream(tokenizer));
  const reasons = prompts.map((): FinishReason => "length");
  const { signal } = options;
  // An adapter with an invocation acts after it, so its effect on a text depends on later tokens.
  const prefix = needsInvocation(config) ? undefined : options.prefix;
  const promptTokens = Math.max(...promptIds.map(({ length }) => length));
  const limit = positionLimit(model.config);
  // Before any pixels: of images that a model cannot read together, memory would not hold them.
  if (read.images !== undefined && promptTokens > limit) throw positionLimitError(promptTokens, limit);
  const rules = await textRules(model, tokenizer, withFileDefaults(options, model, { notices, promptTokens }));
  const images = await imageTensorsOf(read);
  const tokens = generateTokens(model, {
    promptIds,
    context,
    ...targetLanguage(model, tokenizer),
    ...rules,
    ...omitUndefined({ signal, prefix }),
    ...images,
  });
  try {
    for (;;) {
      const next = await namingBrokenWeights(opened, () => tokens.next());
      if (next.done === true) break;
      const { prompt, id, reason } = next.value;
      if (reason !== undefined) reasons[prompt] = reason;
      yield { type: "token", prompt, id, text: streams[prompt]?.push(id) ?? "", ...readReport(next.value, tokenizer) };
    }
  } finally {
    await tokens.return();
    images?.pixelValues.dispose();
  }
  for (const [prompt, stream] of streams.entries()) {
    const reason = reasons[prompt] ?? "length";
    const promptTokens = promptIds[prompt]?.length ?? 0;
    yield { type: "end", prompt, rest: stream.end(), text: stream.text, ids: stream.ids, promptTokens, reason };
  }
}
