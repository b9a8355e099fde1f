// Numbers that say how well a model does on rows.

import { type Example, judgedPairs, type RowList, type TextTokenizer } from "@lowrank/data";
import { NonFiniteOutputError } from "@lowrank/models";
import { WrongTaskError } from "../errors/model-errors.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import { rowMedia } from "../media/row-media.ts";
import type { RowMetrics } from "../metric-names.ts";
import type { Notices } from "../notices.ts";
import type { ComparisonOptions } from "../objectives/embeddings/comparison-plan.ts";
import { evaluateComparisons } from "../objectives/embeddings/evaluate-comparisons.ts";
import { measureAnswers } from "../objectives/extraction/measure-answers.ts";
import { measureRows } from "../objectives/own-loss/measure-rows.ts";
import { chosenAnswers, goodAnswers } from "../objectives/preferences/chosen-answers.ts";
import { measureRewards } from "../objectives/preferences/measure-rewards.ts";
import { areRanked, judgesPairs } from "../objectives/ranking/ranking-plan.ts";
import { measurePairs } from "../objectives/ranking/ranking-step.ts";
import { hasLabels, isHeard, needTokenizer, rowGoal } from "../objectives/row-kinds.ts";
import { checkReferences, measureBleu } from "../objectives/text/measure-bleu.ts";
import { measureWords } from "../objectives/text/measure-words.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { rowLengths } from "../open/position-limit.ts";
import { writesText } from "../open/writes-text.ts";
import type { Platform } from "../platform.ts";
import { numberClasses } from "../rows/classes/class-names.ts";
import { checkProblem, problemOf, problemOn } from "../rows/classes/problem-type.ts";
import type { MeasuredFiles } from "../rows/measured-batches.ts";
import type { RowFile } from "../rows/row-file.ts";
import { chooseTemplate, rememberedTemplate } from "../rows/tokens/choose-template.ts";
import { tokenizeRows } from "../rows/tokens/tokenize-rows.ts";

/** What was found; only what applies is there. */
export interface Evaluation extends RowMetrics {
  /** How many rows had something to measure. */
  readonly rows: number;
  /** Of what the model writes after each prompt, 0 to 100; with `generate`. */
  readonly bleu?: number;
  /** Of what the model hears in each sound, 0 for none wrong; with `generate`. */
  readonly wordErrorRate?: number;
}

/** How to measure. */
export interface EvaluationOptions extends ComparisonOptions {
  /** How a row becomes text; default: as the adapter's rows did, else what suits the rows. */
  readonly template?: string | undefined;
  /** Names of the classes in the order of their numbers; default: the adapter's, else the model's. */
  readonly classNames?: readonly string[] | undefined;
  /** Rows a batch; default 8. */
  readonly batchSize?: number | undefined;
  /** After how many tokens rows are cut; default 512 or the model's limit. */
  readonly maxLength?: number | undefined;
  readonly maxTargetLength?: number | undefined;
  /** Whether to let the model write after each prompt, and compare. */
  readonly generate?: boolean | undefined;
  /** For `generate`; default 64. */
  readonly maxNewTokens?: number | undefined;
}

/** With what to measure. */
export interface Measurer {
  readonly platform: MediaReader["platform"] & Pick<Platform, "keepRows">;
  readonly opened: OpenedBase;
  /** Names of the adapter's classes, in order of their numbers. */
  readonly adapterNames: readonly string[] | undefined;
  tokenizer(): Promise<TextTokenizer>;
  readonly notices: Notices;
}

/** Measures. Throws WrongTaskError, DataError, NoReferencesError, NothingToTrainError, NonFiniteModelError. */
export async function evaluateRows(
  measurer: Measurer,
  { name, rows }: RowFile,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const file = { name, rows: goodAnswers(chosenAnswers(rows)) };
  if (options.generate === true) checkReferences(file);
  return namingBrokenWeights(measurer.opened, () => evaluate(measurer, { ...file, compared: rows }, options));
}

/** Rows to measure, and as they were before the better of two answers stood for both. */
interface ReadFile extends RowFile {
  readonly compared: RowList<Example>;
}

async function evaluate(measurer: Measurer, file: ReadFile, options: EvaluationOptions): Promise<Evaluation> {
  const { opened, notices, adapterNames } = measurer;
  const { model } = opened;
  const { name } = file;
  const goal = rowGoal(name, file.rows);
  if (goal === "comparison") {
    if (!judgesPairs(model)) return evaluateComparisons(measurer, file, options);
    return evaluate(measurer, { ...file, rows: judgedPairs(file.rows).pairs }, options);
  }
  const { platform } = measurer;
  const { rows } = file;
  const media = await rowMedia({ sees: goal === "image-class", lists: [rows] }, { ...opened, platform, notices });
  const needsText = needTokenizer(rows);
  const labelsTokens = model.task === "token-classification" || model.task === "masked-lm";
  if (goal === "next-token" && !writesText(model.task) && (needsText || !labelsTokens)) {
    const advice = 'Give rows with "sentence" and "label", or tokenised rows with one label each.';
    const what = needsText ? "rows of text" : "rows with a label for each token";
    throw new WrongTaskError(model.modelType, model.task, `Evaluating on ${what}`, advice);
  }
  const { batchSize = 8, maxNewTokens = 64, classNames } = options;
  const tokenizer = needsText ? await measurer.tokenizer() : undefined;
  const asTrained = rememberedTemplate(opened.setup, rows);
  const template = chooseTemplate(options.template ?? asTrained, rows, { tokenizer, task: model.task });
  const problem = problemOn(model.config, problemOf(rows));
  if (hasLabels(goal)) checkProblem(name, rows, { problem, rowOf: (_, index) => index + 1 });
  const isNumber = hasLabels(goal) && problem === "regression";
  const known = { classNames, adapterNames, modelNames: model.config.labelNames, isTrained: true };
  const labelIds = isNumber ? new Map<string, number>() : numberClasses(rows, known).ids;
  const labels = hasLabels(goal) ? { labelIds, problem, classes: model.config.labels } : {};
  const lengths = rowLengths(model, options);
  const how = { file: name, model, tokenizer, template, lengths, labels, platform };
  const examples = tokenizeRows(rows, how, notices);
  const data = { examples, media, batchSize, padId: tokenizer?.padId ?? model.config.padTokenId ?? 0 };
  const { loss, ...scores } = await measure(opened, data, {
    notices,
    by: areRanked(rows) ? measurePairs : measureRows,
  });
  // Whatever else is measured comes from the same logits.
  if (!Number.isFinite(loss)) throw new NonFiniteOutputError("The mean loss", loss);
  const asked = { batchSize, maxNewTokens, ...lengths };
  return {
    rows: examples.length,
    loss,
    ...scores,
    ...(await measureRewards(opened, file.compared, { ...how, ...data, loss: options.loss }, notices)),
    ...(tokenizer !== undefined && rows.some(({ kind }) => kind === "question")
      ? await measureAnswers(opened, rows, { ...asked, tokenizer })
      : {}),
    ...(options.generate === true && tokenizer !== undefined && !rows.some(({ kind }) => !isHeard(kind))
      ? { wordErrorRate: await measureWords({ opened, tokenizer, platform }, rows, { batchSize, maxNewTokens }) }
      : {}),
    ...(options.generate === true && tokenizer !== undefined && rows.some(({ kind }) => !isHeard(kind))
      ? { bleu: await measureBleu(opened, rows, { ...asked, data: name, tokenizer, template, notices }) }
      : {}),
  };
}

async function measure(
  { model, context }: OpenedBase,
  data: MeasuredFiles,
  { notices, by }: { readonly notices: Notices; readonly by: typeof measureRows },
): Promise<RowMetrics> {
  const count = notices.count?.({ what: "rows measured", total: data.examples.length });
  try {
    return await by(model, data, { context, onRows: (rows) => count?.add(rows) });
  } finally {
    count?.stop();
  }
}
