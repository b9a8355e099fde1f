// lowrank evaluate: the metrics of a model on data.

import type { Evaluation } from "../../evaluate/evaluate-rows.ts";
import { loadRewards } from "../../node/load-rewards.ts";
import { rowsAsText, surveyRows } from "../../objectives/objectives.ts";
import { checkReferences } from "../../objectives/text/measure-bleu.ts";
import { type CompleteRecipe, promptsOf } from "../../recipe/recipe.ts";
import { type ReadingOptions, readNamedRows } from "../../recipe/run/recipe-rows.ts";
import { setupOf, withBase } from "../base-for.ts";
import { sourceContext } from "../open-model.ts";
import type { ModelOptions } from "../options/shared-options.ts";
import { withOpenModel } from "../start-engine.ts";
import { describeMetrics, formatNumber } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts } from "../terminal/table.ts";

export interface EvaluateOptions
  extends ModelOptions,
    Pick<CompleteRecipe, "loss" | "pooling" | "normalize" | "queryPrompt" | "documentPrompt">,
    Pick<CompleteRecipe, "reward" | "rewardWeights" | "rewardTimeout" | "rewardConcurrency" | "temperature">,
    ReadingOptions {
  readonly data: readonly string[];
  readonly template?: string;
  readonly classNames?: readonly string[];
  readonly batchSize: number;
  readonly maxLength?: number;
  readonly maxTargetLength?: number;
  readonly generate?: boolean;
  readonly maxNewTokens: number;
  readonly dimensions?: number;
}

export async function runEvaluate(requested: EvaluateOptions, report: Report): Promise<void> {
  const options = await withBase(requested, report);
  const { generate, rewardTimeout, rewardConcurrency, temperature } = options;
  const reward = await loadRewards(options);
  const setup = await setupOf(options, report);
  const data = await readNamedRows(
    options.data,
    { ...options, setup, asPrompts: reward !== undefined },
    sourceContext(report),
  );
  const { objective } = surveyRows(data.name, data.rows);
  if (generate === true) checkReferences({ name: data.name, rows: rowsAsText(data.rows) });
  const head = { task: objective.task, mayKeepClassifier: objective.mayKeepClassifier === true };
  await withOpenModel({ ...options, ...head }, report, async (model, engine) => {
    const { template, classNames, batchSize, maxLength, maxTargetLength, maxNewTokens } = options;
    const { loss, pooling, normalize, dimensions } = options;
    const settings = {
      template,
      classNames,
      batchSize,
      maxLength,
      maxTargetLength,
      generate,
      maxNewTokens,
      loss,
      pooling,
      normalize,
      dimensions,
      ...promptsOf(options),
      reward,
      rewardTimeout,
      rewardConcurrency,
      temperature,
    };
    const evaluation = await model.evaluate(data, settings);
    report.emit({ engine, ...evaluation });
    for (const line of formatFacts(factsOf(evaluation))) report.print(line);
  });
}

function factsOf({ rows, bleu, wordErrorRate, ...metrics }: Evaluation): (readonly [string, string])[] {
  return [
    ["rows", String(rows)],
    ...describeMetrics(metrics),
    ...Object.entries(metrics).flatMap(([name, value]) =>
      name.startsWith("reward/") && value !== undefined ? [[name, formatNumber(value)] as const] : [],
    ),
    ...(wordErrorRate === undefined ? [] : [["word error rate", wordErrorRate.toFixed(4)] as const]),
    ...(bleu === undefined ? [] : [["BLEU", bleu.toFixed(2)] as const]),
  ];
}
