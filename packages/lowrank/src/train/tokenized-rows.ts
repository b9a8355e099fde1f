// The rows of a run as tokens, with the template that suits them.

import type { Example, LabelMeaning, TextTokenizer, TokenizedExample } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import { type ComparisonPlan, describeComparison } from "../compare/comparison-plan.ts";
import { given } from "../given.ts";
import type { Notices } from "../notices.ts";
import { rowLengths } from "../open/position-limit.ts";
import { describePreference, type PreferencePlan, preferenceFor } from "../preferences/preference-plan.ts";
import { chooseTemplate, tokenizeRows } from "../rows/tokenize-rows.ts";
import type { TrainingRows } from "../rows/training-rows.ts";
import type { RowOptions } from "./training-options.ts";

/** What a run learns from. */
export interface TokenizedRows {
  readonly train: readonly TokenizedExample[];
  readonly validation: readonly TokenizedExample[];
  readonly padId: number;
  /** Name of the template that text rows were written with; empty for ready-made tokens and sentences. */
  readonly template: string;
  /** Of rows of texts to compare: how embeddings are learnt. */
  readonly comparison?: ComparisonPlan | undefined;
  /** Of rows of two answers: by which loss. */
  readonly preference?: PreferencePlan | undefined;
}

/** Who reads the rows. */
export interface RowReader {
  readonly model: PretrainedModel;
  /** Absent where every row is tokenised already. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly labels: LabelMeaning;
  readonly comparison?: ComparisonPlan | undefined;
}

/** Tokenises rows; throws what `chooseTemplate`, `rowLengths` and `tokenizeRows` do. */
export function tokenizedRows(
  rows: TrainingRows,
  { model, tokenizer, labels, comparison, options }: RowReader & { readonly options: RowOptions },
  notices: Notices,
): TokenizedRows {
  const template = chooseTemplate(options.template, rows.train, { tokenizer, task: model.task });
  const rowOf = (example: Example) => rows.numbers.get(example);
  const shared = {
    model,
    tokenizer,
    template,
    lengths: rowLengths(model, options),
    labels,
    rowOf,
    prompts: comparison?.prompts,
  };
  const held = rows.validation;
  return {
    train: tokenizeRows(rows.train, { ...shared, file: rows.file }, notices),
    validation: held.length === 0 ? [] : tokenizeRows(held, { ...shared, file: rows.validationFile }, notices),
    padId: tokenizer?.padId ?? model.config.padTokenId ?? 0,
    template: tokenizer !== undefined && writesText(rows.goal) ? template.name : "",
    ...given({ comparison, preference: preferenceFor(rows.goal, options) }),
  };
}

function writesText(goal: TrainingRows["goal"]): boolean {
  return goal === "next-token" || goal === "preference";
}

/** The loss in words, where rows can be learnt by several. */
export function lossInWords({ comparison, preference }: TokenizedRows): string | undefined {
  return (comparison && describeComparison(comparison)) ?? (preference && describePreference(preference));
}
