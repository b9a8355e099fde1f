// Measures the model: the loss on sentences that people wrote, and BLEU of the sentences that it generates.

import { bleu, type PromptReferences } from "@lowrank/data";
import type { OpenedAdapter, OpenedModel } from "lowrank";
import type { BaseModel } from "./base-model.ts";
import type { Row } from "./restaurants.ts";

export interface ValidationSet {
  readonly rows: readonly Row[];
  readonly references: readonly PromptReferences[];
}

/** The metrics, and a generated sentence for each validation input. */
export interface Measurement {
  readonly loss: number;
  readonly bleu: number;
  readonly sentences: readonly string[];
}

const longestRow = 160;
const promptsAtOnce = 16;

/** Maximum number of tokens in a row. */
export function longestRowOf({ base }: OpenedModel): number {
  const { maxPositions } = base.config; // 0: no limit
  return maxPositions > 0 ? Math.min(longestRow, maxPositions) : longestRow;
}

/** Measures the model with an adapter, or without any. */
export async function measure(
  { model }: BaseModel,
  { rows, references }: ValidationSet,
  adapter: OpenedAdapter | null,
): Promise<Measurement> {
  const { loss } = await model.evaluate(rows, { adapter, batchSize: promptsAtOnce, maxLength: longestRowOf(model) });
  const sentences: string[] = [];
  for (let start = 0; start < references.length; start += promptsAtOnce) {
    const prompts = references.slice(start, start + promptsAtOnce).map(({ prompt }) => prompt);
    const written = await model.generate(prompts, { adapter });
    sentences.push(...written.map((text) => text.trim()));
  }
  const expected = references.map(({ references: texts }) => texts.map((text) => text.trim()));
  return { loss, bleu: bleu(sentences, expected).score, sentences };
}
