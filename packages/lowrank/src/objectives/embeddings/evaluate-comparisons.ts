// How well a model's embeddings do on rows of texts to compare.

import { promptTemplate, type TextTokenizer } from "@lowrank/data";
import { NonFiniteOutputError } from "@lowrank/models";
import type { Notices } from "../../notices.ts";
import type { OpenedBase } from "../../open/open-base.ts";
import { rowLengths } from "../../open/position-limit.ts";
import type { Platform } from "../../platform.ts";
import { measuredBatches } from "../../rows/measured-batches.ts";
import { inOrder, type RowFile } from "../../rows/row-file.ts";
import { tokenizeRows } from "../../rows/tokens/tokenize-rows.ts";
import { type ComparisonOptions, comparisonPlan } from "./comparison-plan.ts";
import { meanLossOfTexts } from "./comparison-step.ts";
import { type ComparisonScores, measureComparisons } from "./measure-comparisons.ts";

/** With what to measure. */
export interface ComparisonMeasurer {
  readonly opened: OpenedBase;
  tokenizer(): Promise<TextTokenizer>;
  readonly notices: Notices;
  readonly platform: Pick<Platform, "keepRows">;
}

/** The loss, and scores by what the rows say. Throws DataError, PoolingUnknownError, EmbeddingRecipeError, NothingToTrainError. */
export async function evaluateComparisons(
  { opened, tokenizer: open, notices, platform }: ComparisonMeasurer,
  { name, rows }: RowFile,
  options: ComparisonOptions & { readonly batchSize?: number | undefined; readonly maxLength?: number | undefined },
): Promise<{ readonly rows: number; readonly loss: number } & ComparisonScores> {
  const { model, context, source, recipe } = opened;
  const { batchSize = 8 } = options;
  const numbers = { train: inOrder, validation: inOrder };
  const measured = { file: name, train: rows, validation: [], validationFile: name, numbers };
  const plan = await comparisonPlan(source, measured, { ...options, trained: recipe });
  const tokenizer = await open();
  const shared = { file: name, model, tokenizer, template: promptTemplate("plain"), labels: {}, prompts: plan.prompts };
  const examples = tokenizeRows(rows, { ...shared, lengths: rowLengths(model, options), platform }, notices);
  const data = { examples, batchSize, padId: tokenizer.padId };
  const loss = await meanLossOfTexts(model, measuredBatches(data), { plan, context });
  if (!Number.isFinite(loss)) throw new NonFiniteOutputError("The mean loss", loss);
  const scores = await measureComparisons(model, { ...data, recipe: plan.recipe, context });
  return { rows: examples.length, loss, ...scores };
}
