// Measures a model on rows.

import type { Example, TextTokenizer } from "@lowrank/data";
import { type LabelMeaning, labelledPairs, type RowList } from "@lowrank/data/internal";
import type { PretrainedModel } from "@lowrank/models";
import { NonFiniteOutputError } from "@lowrank/models/internal";
import type { PoolingOptions } from "../embed/embedding-settings.ts";
import { WrongTaskError } from "../errors/model-errors.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import { rowMedia } from "../media/row-media.ts";
import type { RowMetrics } from "../metric-names.ts";
import type { Notices } from "../notices.ts";
import type { ComparisonOptions } from "../objectives/embeddings/embeddings.ts";
import type { ExtraScores } from "../objectives/objective.ts";
import { objectiveOf, objectives, type RowObjective, rowsAsText, surveyRows } from "../objectives/objectives.ts";
import { givesOneScore } from "../objectives/ranking/ranking.ts";
import type { RewardOptions } from "../objectives/rewards/reward-settings.ts";
import { checkReferences } from "../objectives/text/measure-bleu.ts";
import { namingBrokenWeights } from "../open/broken-weights.ts";
import type { OpenedBase } from "../open/open-base.ts";
import { rowLengths } from "../open/position-limit.ts";
import { writesText } from "../open/task-types.ts";
import type { Platform } from "../platform.ts";
import type { PredictOptions } from "../predict/predict-rows.ts";
import { type KnownClasses, numberClasses } from "../rows/classes/class-names.ts";
import { checkProblem, problemOf, problemOn } from "../rows/classes/problem-type.ts";
import { inOrder, needsTokenizer, type RowFile, rowsWhere } from "../rows/row-kinds.ts";
import { chooseTemplate, rememberedTemplate } from "../rows/tokens/choose-template.ts";
import { tokenizeRows } from "../rows/tokens/tokenize-rows.ts";

/** The results; only metrics that apply are set. */
export interface Evaluation extends RowMetrics, ExtraScores {
  /** Number of measured rows. */
  readonly rows: number;
  /** Mean values of several rewards, by name. */
  readonly [part: `reward/${string}`]: number | undefined;
}

/** Options of `evaluate`. */
export interface EvaluationOptions
  extends ComparisonOptions,
    Pick<PoolingOptions, "dimensions">,
    Pick<PredictOptions, "classNames" | "batchSize" | "maxLength">,
    Pick<RewardOptions, "topP" | "rewardTimeout" | "rewardConcurrency"> {
  /** Prompt template; default: the template of the adapter's training, else one that fits the rows. */
  readonly template?: string | undefined;
  readonly maxTargetLength?: number | undefined;
  /** Whether to generate text after each prompt and compare it with the references. */
  readonly generate?: boolean | undefined;
  /** For `generate` and `reward`; default 64. */
  readonly maxNewTokens?: number | undefined;
  /** Reads rows as prompts, and measures the rewards of a completion of each instead of the loss. */
  readonly reward?: RewardOptions["reward"];
  /** Sampling temperature for `reward`; default 0, greedy. */
  readonly temperature?: number | undefined;
}

/** The temperature that stands for greedy decoding: the likeliest token has all of the probability. */
const greedy = 1e-6;

export interface Measurer {
  readonly platform: MediaReader["platform"] & Pick<Platform, "keepRows">;
  readonly opened: OpenedBase;
  /** Names of the adapter's classes, in the order of the class numbers. */
  readonly adapterNames: readonly string[] | undefined;
  tokenizer(): Promise<TextTokenizer>;
  readonly notices: Notices;
}

/** Measures. Throws WrongTaskError, DataError, NO_REFERENCES, NOTHING_TO_TRAIN, NonFiniteModelError. */
export async function evaluateRows(
  measurer: Measurer,
  { name, rows }: RowFile,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const texts = options.reward === undefined ? rowsAsText(rows) : rows;
  if (options.generate === true) checkReferences({ name, rows: texts });
  const first = rows.at(0);
  const isScored = objectiveOf(first).mayKeepClassifier === true && givesOneScore(measurer.opened.model);
  const isReward = isScored && first?.kind === "preference";
  const measured = isReward ? rows : isScored ? labelledPairs(texts).pairs : texts;
  const { objective } = surveyRows(name, measured);
  const file = { name, rows: measured, whole: rows, objective: isReward ? objectives.rewardModels : objective };
  return namingBrokenWeights(measurer.opened, () => evaluate(measurer, file, options));
}

/** The rows to measure, and their original form. */
interface ReadFile extends RowFile {
  readonly whole: RowList<Example>;
  readonly objective: RowObjective;
}

async function evaluate(measurer: Measurer, file: ReadFile, options: EvaluationOptions): Promise<Evaluation> {
  const { opened, notices, adapterNames, platform } = measurer;
  const { model, context } = opened;
  const { name, rows: read, objective } = file;
  const { hasText = false, hasLabels = false, hasPictures: sees = false } = objective;
  const media = await rowMedia({ sees, lists: [read] }, { ...opened, platform, notices });
  const rows = (await media?.worded(read)) ?? read;
  const needsText = needsTokenizer(rows);
  const labelsTokens = model.task === "token-classification" || model.task === "masked-lm";
  if (hasText && objective.task !== model.task && !writesText(model.task) && (needsText || !labelsTokens)) {
    const advice = 'Use rows with "sentence" and "label", or tokenized rows with one label each.';
    const rowKind = needsText ? "rows of text" : "rows with a label for each token";
    throw new WrongTaskError(model.modelType, model.task, `Evaluating on ${rowKind}`, advice);
  }
  const { batchSize = 8, maxNewTokens = 64, generate = false, classNames, loss } = options;
  const tokenizer = needsText ? await measurer.tokenizer() : undefined;
  const numbers = { train: inOrder, validation: inOrder };
  const learned = { file: name, train: rows, validation: [], validationFile: name, numbers };
  if (options.reward !== undefined) objective.refuse?.(model, learned);
  const writing = { maxCompletionLength: maxNewTokens, temperature: Math.max(greedy, options.temperature ?? 0) };
  const plan = await objective.plan(opened.source, learned, {
    ...options,
    ...writing,
    tokenizer,
    trained: opened.embedding,
  });
  const asTrained = rememberedTemplate(opened.setup, rows);
  const template = chooseTemplate(options.template ?? asTrained, rows, { tokenizer, task: model.task });
  const labels = hasLabels ? labelsOf(model, file, { classNames, adapterNames }) : {};
  const how = { file: name, model, tokenizer, template, lengths: rowLengths(model, options), labels, platform };
  const examples = tokenizeRows(rows, { ...how, prompts: plan.prompts }, notices);
  const data = { examples, media, batchSize, padId: tokenizer?.padId ?? model.config.padTokenId ?? 0 };
  const count = notices.count?.({ what: "rows measured", total: examples.length });
  const measuring = { context, onRows: (rows: number) => count?.add(rows) };
  const measured = await plan.measure(model, data, measuring).finally(() => count?.stop());
  // All other metrics come from the same logits.
  if (!Number.isFinite(measured.loss)) throw new NonFiniteOutputError("The mean loss", measured.loss);
  const settings = { ...how, padId: data.padId, batchSize, maxNewTokens, generate, loss, notices };
  const extras: ExtraScores[] = [];
  for (const { takes, textOf, evaluate = async () => ({}) } of Object.values<RowObjective>(objectives)) {
    const rowsOfObjective = rowsWhere(textOf === undefined ? rows : file.whole, takes);
    if (rowsOfObjective.length > 0) extras.push(await evaluate(opened, rowsOfObjective, settings));
  }
  return Object.assign({ rows: examples.length, ...measured }, ...extras);
}

function labelsOf(
  { config }: PretrainedModel,
  { name, rows }: RowFile,
  known: Pick<KnownClasses, "classNames" | "adapterNames">,
): LabelMeaning {
  const problem = problemOn(config, problemOf(rows));
  checkProblem(name, rows, { problem, rowOf: (_, index) => index + 1 });
  const all = { ...known, modelNames: config.labelNames, isTrained: true };
  const labelIds = problem === "regression" ? new Map<string, number>() : numberClasses(rows, all).ids;
  return { labelIds, problem, classes: config.labels };
}
