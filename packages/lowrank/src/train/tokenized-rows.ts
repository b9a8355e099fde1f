// The rows of a run as tokens, with the template that suits them.

import type { LabelMeaning, RowList, TextTokenizer, TokenizedExample } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import type { LearningPlan } from "../learn/learning-plan.ts";
import type { Notices } from "../notices.ts";
import { rowLengths } from "../open/position-limit.ts";
import type { Platform } from "../platform.ts";
import { chooseTemplate, tokenizeRows } from "../rows/tokens/tokenize-rows.ts";
import type { TrainingRows } from "../rows/training-rows.ts";
import type { RowOptions } from "./training-options.ts";

/** What a run learns from. */
export interface TokenizedRows {
  readonly train: RowList<TokenizedExample>;
  readonly validation: RowList<TokenizedExample>;
  readonly padId: number;
  /** Name of the template that text rows were written with; empty for ready-made tokens and sentences. */
  readonly template: string;
  readonly learning: LearningPlan;
}

/** Who reads the rows. */
export interface RowReader {
  readonly model: PretrainedModel;
  /** Absent where every row is tokenised already. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly labels: LabelMeaning;
  readonly learning: LearningPlan;
  /** Where many tokens go. */
  readonly platform: Pick<Platform, "keepRows">;
}

/** Tokenises rows; throws what `chooseTemplate`, `rowLengths` and `tokenizeRows` do. */
export function tokenizedRows(
  rows: TrainingRows,
  { model, tokenizer, labels, platform, learning, options }: RowReader & { readonly options: RowOptions },
  notices: Notices,
): TokenizedRows {
  const template = chooseTemplate(options.template, rows.train, { tokenizer, task: model.task });
  const lengths = rowLengths(model, options);
  const prompts = learning.kind === "comparison" ? learning.prompts : undefined;
  const shared = { model, tokenizer, template, lengths, labels, platform, prompts };
  const { validation: held, numbers } = rows;
  return {
    train: tokenizeRows(rows.train, { ...shared, file: rows.file, rowOf: numbers.train }, notices),
    validation:
      held.length === 0
        ? []
        : tokenizeRows(held, { ...shared, file: rows.validationFile, rowOf: numbers.validation }, notices),
    padId: tokenizer?.padId ?? model.config.padTokenId ?? 0,
    template: tokenizer !== undefined && writesText(rows.goal) ? template.name : "",
    learning,
  };
}

function writesText(goal: TrainingRows["goal"]): boolean {
  return goal === "next-token" || goal === "preference" || goal === "judged";
}
