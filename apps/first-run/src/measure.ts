// How good the model is: the loss on sentences that people wrote, and BLEU of the sentences that it writes itself.

import type { ForwardContext } from "@lowrank/contracts";
import {
  batches,
  bleu,
  type PromptReferences,
  promptTemplate,
  type TokenizedExample,
  tokenizeExamples,
} from "@lowrank/data";
import { generate, meanLoss } from "@lowrank/models";
import type { BaseModel } from "./base-model.ts";
import type { Restaurants } from "./restaurants.ts";

/** What is measured on. */
export interface ValidationSet {
  readonly examples: readonly TokenizedExample[];
  readonly references: readonly PromptReferences[];
}

/** The numbers, and a sentence for each validation input. */
export interface Measurement {
  readonly loss: number;
  readonly bleu: number;
  readonly sentences: readonly string[];
}

const longestRow = 160;
const longestSentence = 64; // tokens, as lowrank evaluate has it
const promptsAtOnce = 16;

/** Turns examples into tokens; only the sentences count in the loss, the facts before them do not. */
export function tokenizeRestaurants(
  { tokenizer, model }: BaseModel,
  examples: Restaurants["train"],
): readonly TokenizedExample[] {
  const { maxPositions } = model.config; // 0: no limit
  const maxLength = maxPositions > 0 ? Math.min(longestRow, maxPositions) : longestRow;
  return tokenizeExamples(examples, tokenizer, promptTemplate("plain"), { maxLength }).examples;
}

/** Measures the model as the context says: with or without an adapter. */
export async function measure(base: BaseModel, set: ValidationSet, context: ForwardContext): Promise<Measurement> {
  const loss = await measureLoss(base, set.examples, context);
  const sentences = await writeSentences(base, set.references, context);
  const { score } = bleu(
    sentences,
    set.references.map(({ references }) => references.map((reference) => reference.trim())),
  );
  return { loss, bleu: score, sentences };
}

/** The mean loss over every token of every sentence. */
async function measureLoss(
  { model, tokenizer }: BaseModel,
  examples: readonly TokenizedExample[],
  context: ForwardContext,
): Promise<number> {
  const { padId } = tokenizer;
  return meanLoss(model, batches(examples, { batchSize: 16, padId, shuffle: false, groupByLength: true }), context);
}

/** The likeliest sentence for each input. */
async function writeSentences(
  { model, tokenizer }: BaseModel,
  prompts: readonly PromptReferences[],
  context: ForwardContext,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (let start = 0; start < prompts.length; start += promptsAtOnce) {
    const promptIds = prompts
      .slice(start, start + promptsAtOnce)
      .map(({ prompt }) => [...tokenizer.prefixIds, ...tokenizer.encode(prompt, { addSpecialTokens: false })]);
    const written = await generate(model, { promptIds, maxNewTokens: longestSentence, context });
    sentences.push(...written.map((ids) => tokenizer.decode(ids).trim()));
  }
  return sentences;
}
