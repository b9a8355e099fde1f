// Everything that prediction needs, loaded on first use.

import { omitUndefined } from "../omit-undefined.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { checkNames } from "../rows/classes/class-names.ts";
import { problemOn } from "../rows/classes/problem-type.ts";
import type { ColumnOptions } from "../rows/read-rows.ts";
import type { AnswerRules } from "./answer-logits.ts";
import { type PredictOptions, type Predictor, predictRows } from "./predict-rows.ts";
import type { Prediction } from "./prediction.ts";
import { type QuestionSources, type QuestionsInput, questionsIn } from "./questions-in.ts";

export type { PredictOptions, QuestionsInput };

export type Predictions = AsyncGenerator<Prediction, void, undefined>;

interface ClassFacts {
  readonly classNames: readonly string[] | undefined;
  readonly problemType: AnswerRules["problem"] | undefined;
}

export interface OpenPredictor extends Pick<Predictor, "tokenizer">, QuestionSources {
  readonly opened: OpenedBase;
  readonly adapter: ClassFacts | null | undefined;
}

/** Predicts rows with the class names of the adapter, else the model. Throws the errors of `predictRows` and `questionsIn`. */
export function predict(
  { opened, adapter, platform, context, tokenizer }: OpenPredictor,
  input: QuestionsInput,
  { columns, header, classNames, ...options }: PredictOptions & ColumnOptions,
): Predictions {
  const { config } = opened.model;
  const [names, adapterNames] = [classNames, adapter?.classNames];
  if (names !== undefined) checkNames(names, { adapterNames, modelNames: config.labelNames, isTrained: true });
  const labels = names ?? adapterNames ?? config.labelNames;
  const problem = adapter?.problemType ?? problemOn(config, undefined);
  const how = omitUndefined({ columns, header, remembered: opened.setup });
  const questions = questionsIn({ platform, context }, input, how);
  return predictRows({ opened, platform, tokenizer, labels, problem }, questions, options);
}
