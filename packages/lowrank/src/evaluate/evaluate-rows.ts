// Numbers that say how well a model does on rows.

import type { Example, QuestionExample, RankingScores, TextTokenizer } from "@lowrank/data";
import { meanLoss, NonFiniteOutputError } from "@lowrank/models";
import type { ComparisonOptions } from "../compare/comparison-plan.ts";
import { WrongTaskError } from "../errors/model-errors.ts";
import type { Notices } from "../notices.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { rowLengths } from "../open/position-limit.ts";
import { writesText } from "../open/writes-text.ts";
import { chosenAnswers } from "../rows/chosen-answers.ts";
import { decodeClassNames, numberClasses } from "../rows/classes/class-names.ts";
import { checkProblem, problemOf, problemOn } from "../rows/classes/problem-type.ts";
import { type MeasuredData, measuredBatches } from "../rows/measured-batches.ts";
import { needTokenizer, rowGoal } from "../rows/row-kinds.ts";
import { chooseTemplate, tokenizeRows } from "../rows/tokenize-rows.ts";
import type { RowFile } from "../rows/training-rows.ts";
import { evaluateComparisons } from "./evaluate-comparisons.ts";
import { measureAnswers } from "./measure-answers.ts";
import { checkReferences, measureBleu } from "./measure-bleu.ts";
import { type ClassifierScores, measureClasses } from "./measure-classes.ts";

/** What was found; only what applies is there. */
export interface Evaluation extends ClassifierScores, Partial<RankingScores> {
  /** How many rows had something to measure. */
  readonly rows: number;
  /** The mean of a supervised token, or of a row's class. */
  readonly loss: number;
  readonly perplexity?: number;
  /** Of what the model writes after each prompt, 0 to 100; with `generate`. */
  readonly bleu?: number;
  /** Of answers to questions, 0 to 100. */
  readonly exactMatch?: number;
  readonly f1?: number;
}

/** How to measure. */
export interface EvaluationOptions extends ComparisonOptions {
  /** How a row becomes text; default: as the adapter's rows did, else what suits the rows. */
  readonly template?: string | undefined;
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
  readonly opened: OpenedBase;
  tokenizer(): Promise<TextTokenizer>;
  readonly notices: Notices;
}

/** Measures. Throws WrongTaskError, DataError, NoReferencesError, NothingToTrainError, NonFiniteModelError. */
export async function evaluateRows(
  { opened, tokenizer, notices }: Measurer,
  { name, rows }: RowFile,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const file = { name, rows: chosenAnswers(rows) };
  if (options.generate === true) checkReferences(file);
  return namingBrokenWeights(opened, () => evaluate({ opened, tokenizer, notices }, file, options));
}

async function evaluate(measurer: Measurer, file: RowFile, options: EvaluationOptions): Promise<Evaluation> {
  const { opened, notices } = measurer;
  const { model, adapter } = opened;
  const { name } = file;
  const rows = [...file.rows];
  const goal = rowGoal(name, rows);
  if (goal === "comparison") return evaluateComparisons(measurer, file, options);
  const needsText = needTokenizer(rows);
  if (goal === "next-token" && !writesText(model.task) && needsText) {
    const advice = 'Give rows with "sentence" and "label", or tokenised rows.';
    throw new WrongTaskError(model.modelType, model.task, "Evaluating on rows of text", advice);
  }
  const { batchSize = 8, maxNewTokens = 64 } = options;
  const tokenizer = needsText ? await measurer.tokenizer() : undefined;
  const asTrained = suits(opened.setup?.template, rows) ? opened.setup?.template : undefined;
  const template = chooseTemplate(options.template ?? asTrained, rows, { tokenizer, task: model.task });
  const adapterNames = adapter === undefined ? undefined : decodeClassNames(adapter.metadata);
  const problem = problemOn(model.config, problemOf(rows));
  if (goal === "class") checkProblem(name, rows, { problem, rowOf: (_, index) => index + 1 });
  const isNumber = goal === "class" && problem === "regression";
  const known = { adapterNames, modelNames: model.config.labelNames };
  const labelIds = isNumber ? new Map<string, number>() : numberClasses(rows, known).ids;
  const labels = goal === "class" ? { labelIds, problem, classes: model.config.labels } : {};
  const lengths = rowLengths(model, options);
  const examples = tokenizeRows(rows, { file: name, model, tokenizer, template, lengths, labels }, notices);
  const data = { examples, batchSize, padId: tokenizer?.padId ?? model.config.padTokenId ?? 0 };
  const loss = await measureLoss(opened, data, notices);
  // Whatever else is measured would come from the same logits.
  if (!Number.isFinite(loss)) throw new NonFiniteOutputError("The mean loss", loss);
  const asked = { batchSize, maxNewTokens, ...lengths };
  return {
    rows: examples.length,
    loss,
    ...(goal === "class" || model.task === "token-classification"
      ? await measureClasses(model, data, {
          problem: goal === "class" ? problem : "single_label_classification",
          context: opened.context,
        })
      : {}),
    ...(goal === "next-token" && model.task !== "token-classification" ? { perplexity: Math.exp(loss) } : {}),
    ...(tokenizer !== undefined && rows.some(isQuestion)
      ? await measureAnswers(opened, rows.filter(isQuestion), { ...asked, tokenizer })
      : {}),
    ...(options.generate === true && tokenizer !== undefined
      ? { bleu: await measureBleu(opened, rows, { ...asked, data: name, tokenizer, template, notices }) }
      : {}),
  };
}

/** Conversations are written by templates that mark their speakers alone, whatever an adapter's rows were. */
function suits(template: string | undefined, rows: readonly Example[]): boolean {
  return template === "chat" || template === "vicuna" || rows[0]?.kind !== "chat";
}

async function measureLoss({ model, context }: OpenedBase, data: MeasuredData, notices: Notices): Promise<number> {
  const count = notices.count?.({ what: "rows measured", total: data.examples.length });
  const counted = function* () {
    for (const batch of measuredBatches(data)) {
      yield batch;
      count?.add(batch.rows);
    }
  };
  try {
    return await meanLoss(model, counted(), context);
  } finally {
    count?.stop();
  }
}

function isQuestion(row: Example): row is QuestionExample {
  return row.kind === "question";
}
