// lowrank evaluate: numbers that say how well a model does on data.

import type { Example, QuestionExample } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { meanLoss, NonFiniteOutputError } from "@lowrank/models";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { measureAccuracy } from "../../evaluate/measure-accuracy.ts";
import { measureAnswers } from "../../evaluate/measure-answers.ts";
import { checkReferences, measureBleu } from "../../evaluate/measure-bleu.ts";
import { namingBrokenWeights } from "../../open/broken-weights.ts";
import { type OpenedModel, openModel } from "../../open/open-model.ts";
import { rowLengths } from "../../open/position-limit.ts";
import { tokenizerOf } from "../../open/tokenizer-of.ts";
import { writesText } from "../../open/writes-text.ts";
import { decodeClassNames, numberClasses } from "../../rows/class-names.ts";
import { type MeasuredData, measuredBatches } from "../../rows/measured-batches.ts";
import { needTokenizer, type RowGoal, rowGoal, taskFor } from "../../rows/row-kinds.ts";
import { chooseTemplate, tokenizeRows } from "../../rows/tokenize-rows.ts";
import type { EvaluateOptions } from "../commands/evaluate.ts";
import { readingOptions } from "../reading-options.ts";
import { startEngine } from "../start-engine.ts";
import { startCount } from "../terminal/count.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";

/** What was found; only what applies is there. */
interface Evaluation {
  readonly rows: number;
  readonly loss: number;
  readonly perplexity?: number;
  readonly accuracy?: number;
  readonly bleu?: number;
  /** Of answers to questions, 0 to 100. */
  readonly exactMatch?: number;
  readonly f1?: number;
}

/** Evaluates a model on a data file and prints the numbers. */
export async function runEvaluate(options: EvaluateOptions, report: Report): Promise<void> {
  const rows = await readDataFile(options.data, readingOptions(options));
  const goal = rowGoal(options.data, rows);
  if (options.generate === true) checkReferences(options.data, rows);
  const engine = await startEngine(options, report);
  const { model, adapter, basePrecision } = options;
  const opened = await openModel({ model, adapter, basePrecision, task: taskFor(goal) }, report);
  try {
    const evaluation = await namingBrokenWeights(opened, () => evaluate(opened, rows, { options, report, goal }));
    report.emit({ engine: engine.name, ...evaluation });
    for (const line of formatFacts(factsOf(evaluation))) report.say(line);
  } finally {
    opened.dispose();
  }
}

async function evaluate(
  opened: OpenedModel,
  rows: readonly Example[],
  context: { readonly options: EvaluateOptions; readonly report: Report; readonly goal: RowGoal },
): Promise<Evaluation> {
  const { options, report, goal } = context;
  const { model, adapter } = opened;
  const needsText = needTokenizer(rows);
  if (goal === "next-token" && !writesText(model.task) && needsText) {
    const advice = 'Give rows with "sentence" and "label", or tokenised rows.';
    throw new WrongTaskError(model.modelType, model.task, "lowrank evaluate with text rows", advice);
  }
  const tokenizer = needsText ? await tokenizerOf(opened) : undefined;
  const template = chooseTemplate(options.template, rows, { tokenizer, task: model.task });
  const adapterNames = adapter === undefined ? undefined : decodeClassNames(adapter.metadata);
  const classIds = numberClasses(rows, { adapterNames, modelNames: model.config.labelNames }).ids;
  const lengths = rowLengths(model, options);
  const examples = tokenizeRows(rows, { file: options.data, model, tokenizer, template, lengths, classIds }, report);
  const data = { examples, batchSize: options.batchSize, padId: tokenizer?.padId ?? model.config.padTokenId ?? 0 };
  const loss = await measureLoss(opened, data, report);
  // Whatever else is measured would come from the same logits.
  if (!Number.isFinite(loss)) throw new NonFiniteOutputError("The mean loss", loss);
  return {
    rows: examples.length,
    loss,
    ...(goal === "class" || model.task === "token-classification"
      ? { accuracy: await measureAccuracy(model, data, opened.context) }
      : {}),
    ...(goal === "next-token" && model.task !== "token-classification" ? { perplexity: Math.exp(loss) } : {}),
    ...(tokenizer !== undefined && rows.some(isQuestion)
      ? await measureAnswers(opened, rows.filter(isQuestion), { ...options, ...lengths, tokenizer })
      : {}),
    ...(options.generate === true && tokenizer !== undefined
      ? { bleu: await measureBleu(opened, rows, { ...options, ...lengths, tokenizer, template, report }) }
      : {}),
  };
}

async function measureLoss({ model, context }: OpenedModel, data: MeasuredData, report: Report): Promise<number> {
  const count = startCount(report, { what: "rows measured", total: data.examples.length });
  const counted = function* () {
    for (const batch of measuredBatches(data)) {
      yield batch;
      count.add(batch.rows);
    }
  };
  try {
    return await meanLoss(model, counted(), context);
  } finally {
    count.stop();
  }
}

function isQuestion(row: Example): row is QuestionExample {
  return row.kind === "question";
}

function factsOf({
  rows,
  loss,
  perplexity,
  accuracy,
  bleu,
  exactMatch,
  f1,
}: Evaluation): (readonly [string, string])[] {
  return [
    ["rows", String(rows)],
    ["loss", formatNumber(loss)],
    ...(perplexity === undefined ? [] : [["perplexity", formatNumber(perplexity)] as const]),
    ...(accuracy === undefined ? [] : [["accuracy", accuracy.toFixed(4)] as const]),
    ...(exactMatch === undefined ? [] : [["exact match", exactMatch.toFixed(2)] as const]),
    ...(f1 === undefined ? [] : [["F1", f1.toFixed(2)] as const]),
    ...(bleu === undefined ? [] : [["BLEU", bleu.toFixed(2)] as const]),
  ];
}
