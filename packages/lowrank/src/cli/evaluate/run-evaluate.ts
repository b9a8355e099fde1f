// lowrank evaluate: numbers that say how well a model does on data.

import type { Evaluation } from "../../evaluate/evaluate-rows.ts";
import { checkReferences } from "../../evaluate/measure-bleu.ts";
import { chosenAnswers } from "../../rows/chosen-answers.ts";
import { rowGoal, taskFor } from "../../rows/row-kinds.ts";
import { setupOf, withBase } from "../base-for.ts";
import { openModel } from "../open-model.ts";
import { type ComparisonFlags, comparisonOptions } from "../options/comparison-options.ts";
import type { AdapterOptions, BasePrecisionOptions, EngineOptions } from "../options/shared-options.ts";
import { type ReadingOptions, readNamedRows } from "../reading-options.ts";
import { startEngine } from "../start-engine.ts";
import { formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";

/** The options of `lowrank evaluate`. */
export interface EvaluateOptions
  extends EngineOptions,
    AdapterOptions,
    BasePrecisionOptions,
    ComparisonFlags,
    ReadingOptions {
  readonly model?: string;
  readonly data: readonly string[];
  readonly template?: string;
  readonly batchSize: number;
  readonly maxLength?: number;
  readonly maxTargetLength?: number;
  readonly generate?: boolean;
  readonly maxNewTokens: number;
}

/** Evaluates a model on a data file and prints the numbers. */
export async function runEvaluate(asked: EvaluateOptions, report: Report): Promise<void> {
  const options = await withBase(asked, report);
  const { model: path, adapter, allowDifferentBase, basePrecision, generate } = options;
  const setup = await setupOf(options, report);
  const data = await readNamedRows(options.data, { ...options, setup }, report);
  const goal = rowGoal(data.name, data.rows);
  if (generate === true) checkReferences({ name: data.name, rows: chosenAnswers(data.rows) });
  const engine = await startEngine(options, report);
  const request = { model: path, adapter, allowDifferentBase, basePrecision, task: taskFor(goal) };
  const model = await openModel(request, report);
  try {
    const { template, batchSize, maxLength, maxTargetLength, maxNewTokens } = options;
    const how = {
      template,
      batchSize,
      maxLength,
      maxTargetLength,
      generate,
      maxNewTokens,
      ...comparisonOptions(options),
    };
    const evaluation = await model.evaluate(data, how);
    report.emit({ engine: engine.name, ...evaluation });
    for (const line of formatFacts(factsOf(evaluation))) report.say(line);
  } finally {
    model.dispose();
  }
}

/** What is measured, as people call it, and how many digits say something. */
const names = [
  ["accuracy", "accuracy", 4],
  ["f1Micro", "F1 (micro)", 4],
  ["f1Macro", "F1 (macro)", 4],
  ["pearson", "Pearson", 4],
  ["spearman", "Spearman", 4],
  ["exactMatch", "exact match", 2],
  ["f1", "F1", 2],
  ["bleu", "BLEU", 2],
  ["recallAt1", "recall@1", 4],
  ["recallAt5", "recall@5", 4],
  ["recallAt10", "recall@10", 4],
  ["mrrAt10", "MRR@10", 4],
] as const;

function factsOf(evaluation: Evaluation): (readonly [string, string])[] {
  const { rows, loss, perplexity } = evaluation;
  return [
    ["rows", String(rows)],
    ["loss", formatNumber(loss)],
    ...(perplexity === undefined ? [] : [["perplexity", formatNumber(perplexity)] as const]),
    ...names.flatMap(([key, name, digits]) => {
      const value = evaluation[key];
      return value === undefined ? [] : [[name, value.toFixed(digits)] as const];
    }),
  ];
}
