// Prompts of a data file as ids to generate from, no longer than training would have left them.

import { encodeSource, type TextTokenizer } from "@lowrank/data";
import { type PositionFacts, positionLimit } from "../../open/position-limit.ts";

/** How prompts become ids of at most `room` tokens. */
export interface PromptEncoder {
  readonly room: number;
  idsOf(prompt: string): { readonly ids: readonly number[]; readonly isCut: boolean };
}

/** What decides it. */
export interface EncoderOptions {
  readonly tokenizer: TextTokenizer;
  /** Of a source, where an encoder reads it. */
  readonly maxLength: number;
  readonly maxNewTokens: number;
  /** Whether the template wrote the marks already. */
  readonly isWritten: boolean;
}

/** For models that go on where the prompt ends: it loses its beginning. */
export function promptEncoder(options: EncoderOptions, config: PositionFacts): PromptEncoder {
  const { tokenizer, maxNewTokens, isWritten } = options;
  const prefix = isWritten ? [] : tokenizer.prefixIds;
  const room = Math.max(prefix.length + 1, positionLimit(config) - maxNewTokens);
  return {
    room,
    idsOf(prompt) {
      const ids = [...prefix, ...tokenizer.encode(prompt, { addSpecialTokens: false })];
      if (ids.length <= room) return { ids, isCut: false };
      return { ids: [...prefix, ...ids.slice(ids.length - room + prefix.length)], isCut: true };
    },
  };
}

/** For encoders, which read the prompt as a text of its own: it loses its end. */
export function sourceEncoder({ tokenizer, maxLength: room, isWritten }: EncoderOptions): PromptEncoder {
  return {
    room,
    idsOf(prompt) {
      const rendered = { segments: [{ text: prompt, isTrained: false }], hasSpecialTokens: isWritten };
      const ids = encodeSource(rendered, tokenizer);
      return ids.length <= room ? { ids, isCut: false } : { ids: encodeSource(rendered, tokenizer, room), isCut: true };
    },
  };
}
