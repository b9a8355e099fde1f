// BLEU of the generated text after each prompt, against all references in the data for this prompt.

import { bleu, type Example, groupReferences, type PromptTemplate, type TextTokenizer } from "@lowrank/data";
import { encodeSource, promptOf, type RowList } from "@lowrank/data/internal";
import { generate } from "@lowrank/models";
import { noReferences } from "../../errors/data-errors.ts";
import { named } from "../../errors/named-option.ts";
import { hasImages } from "../../media/message-images.ts";
import type { Notices } from "../../notices.ts";
import type { OpenedBase } from "../../open/open-base.ts";
import { type PositionFacts, positionLimit } from "../../open/position-limit.ts";
import type { RowFile } from "../../rows/row-kinds.ts";
import { textEnding } from "../../rows/text-ending.ts";

export interface BleuOptions {
  readonly data: string;
  readonly tokenizer: TextTokenizer;
  readonly template: PromptTemplate;
  readonly batchSize: number;
  /** Maximum length of a source, for encoders. */
  readonly maxLength: number;
  readonly maxNewTokens: number;
  readonly notices: Notices;
}

interface ReferencedPrompt {
  readonly ids: readonly number[];
  readonly references: readonly string[];
}

/** Rows with images are left out: only their texts would be read here. */
function hasPrompt(row: Example): boolean {
  const { kind } = row;
  if (hasImages(row)) return false;
  return kind === "completion" || kind === "instruction" || kind === "chat";
}

/** Throws NO_REFERENCES if no row has prompt and answer, or recording and text. */
export function checkReferences({ name, rows }: RowFile): void {
  if (!rows.some((row) => hasPrompt(row) || row.kind === "speech" || row.kind === "audio")) throw noReferences(name);
}

/** Corpus BLEU, 0 to 100, of greedy continuations; prompts are truncated as in training. Throws NO_REFERENCES. */
export async function measureBleu(opened: OpenedBase, rows: RowList<Example>, options: BleuOptions): Promise<number> {
  const { tokenizer, batchSize, maxNewTokens, notices } = options;
  const prompts = promptsOf(opened, rows, options);
  const candidates: string[] = [];
  const count = notices.count?.({ what: "prompts continued", total: prompts.length });
  try {
    for (let start = 0; start < prompts.length; start += batchSize) {
      const promptIds = prompts.slice(start, start + batchSize).map(({ ids }) => ids);
      const written = await generate(opened.model, {
        promptIds,
        maxNewTokens,
        ...textEnding(opened.model, tokenizer),
        context: opened.context,
      });
      candidates.push(...written.map((ids) => tokenizer.decode(ids).trim()));
      count?.add(promptIds.length);
    }
  } finally {
    count?.stop();
  }
  return bleu(
    candidates,
    prompts.map(({ references }) => references.map((reference) => reference.trim())),
  ).score;
}

function promptsOf(opened: OpenedBase, rows: RowList<Example>, options: BleuOptions): readonly ReferencedPrompt[] {
  const { data, template, notices } = options;
  const prompted = rows.flatMap((row) => (hasPrompt(row) ? [row] : []));
  const groups = groupReferences(prompted.map((row) => asCompletion(row, template)));
  const isWritten = prompted[0] !== undefined && template.render(prompted[0]).hasSpecialTokens === true;
  const { task, config } = opened.model;
  const isSource = task === "sequence-to-sequence";
  const { room, idsOf } = isSource ? sourceEncoder(options, isWritten) : promptEncoder(options, isWritten, config);
  let cut = 0;
  const prompts = groups.map(({ prompt, references }): ReferencedPrompt => {
    const { ids, isCut } = idsOf(prompt);
    if (isCut) cut += 1;
    return { ids, references };
  });
  const nonEmpty = prompts.filter(({ ids }) => ids.length > 0);
  if (nonEmpty.length === 0) throw noReferences(data);
  const empty = prompts.length - nonEmpty.length;
  if (empty > 0) {
    notices.warn({ code: "PROMPTS_SKIPPED", message: `BLEU ignores empty prompts: ${empty} in "${data}".` });
  }
  if (cut > 0) {
    const message = isSource
      ? `Prompts of "${data}" that lost their end: ${cut}. They have more than ${room} tokens (${named("maxLength")}).`
      : `Prompts of "${data}" that lost their beginning: ${cut}. The model has positions for ${room} prompt tokens.`;
    notices.warn({ code: "PROMPTS_CUT", message });
  }
  return nonEmpty;
}

function asCompletion(example: Example, template: PromptTemplate): Example {
  const rendered = template.render(example);
  const answer = rendered.segments.find((segment) => segment.isTrained)?.text ?? "";
  return { kind: "completion", prompt: promptOf(rendered), completion: answer };
}

/** Encodes prompts as at most `room` ids, like in training. */
interface PromptEncoder {
  readonly room: number;
  idsOf(prompt: string): { readonly ids: readonly number[]; readonly isCut: boolean };
}

/** For decoders, which continue the end of the prompt: truncates the beginning. */
function promptEncoder(
  { tokenizer, maxNewTokens }: BleuOptions,
  isWritten: boolean,
  config: PositionFacts,
): PromptEncoder {
  const prefix = isWritten ? [] : tokenizer.prefixIds;
  const room = Math.max(prefix.length + 1, positionLimit(config) - maxNewTokens);
  const max = room - prefix.length;
  return {
    room,
    idsOf(prompt) {
      const ids = tokenizer.encode(prompt, { addSpecialTokens: false });
      return { ids: [...prefix, ...ids.slice(-max)], isCut: ids.length > max };
    },
  };
}

/** For encoders, which read the prompt as a separate text: truncates the end. */
function sourceEncoder({ tokenizer, maxLength: room }: BleuOptions, isWritten: boolean): PromptEncoder {
  return {
    room,
    idsOf(prompt) {
      const rendered = { segments: [{ text: prompt, isTrained: false }], hasSpecialTokens: isWritten };
      const isCut = encodeSource(rendered, tokenizer).length > room;
      return { ids: encodeSource(rendered, tokenizer, room), isCut };
    },
  };
}
