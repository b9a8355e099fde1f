// Embeddings, learned from texts to compare: the loss, the pooling, and the prompts before the texts.

import { type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { DataError, type Example, type TextTokenizer, type TokenBatch } from "@lowrank/data";
import type { ComparisonPrompts, RowList, RowProblem } from "@lowrank/data/internal";
import { withoutTape } from "@lowrank/engine/internal";
import { batchTensors, type PretrainedModel } from "@lowrank/models";
import {
  type ComparisonLoss,
  comparisonLoss,
  comparisonLosses,
  type EmbeddingSettings,
  type Matryoshka,
} from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import {
  type EmbeddingSource,
  findEmbeddingSettings,
  type PoolingOptions,
  sentencePrompts,
} from "../../embed/embedding-settings.ts";
import type { OpenedBase } from "../../open/open-base.ts";
import type { embeddingOptions } from "../../options/learning-options.ts";
import type { OptionValues } from "../../options/option-table.ts";
import { lossAmong, type RowLoss } from "../../options/row-losses.ts";
import { measuredBatches } from "../../rows/measured-batches.ts";
import type { RowNumbers } from "../../rows/row-kinds.ts";
import { type Teacher, teachingModel } from "../distillation/distillation.ts";
import type { LearnedRows, LearningPlan, Measuring, Objective } from "../objective.ts";
import { measureComparisons } from "./measure-comparisons.ts";

export interface ComparisonOptions extends Pick<PoolingOptions, "pooling" | "normalize"> {
  /**
   * Of rows of texts to compare: "ranking" (the default for texts that belong together: all others of the batch do not), "gist"
   * (without those that a guide finds too similar), "triplet" (one negative a row), "order" (the default for scored pairs: CoSENT)
   * or "cosine" (scores from −1 to 1).
   */
  readonly loss?: RowLoss | undefined;
  /** Prompts before a row's first text and before the others; default: the folder's prompts for queries and documents. */
  readonly prompts?: ComparisonPrompts | undefined;
}

/** Options of training embeddings. */
export interface EmbeddingOptions extends OptionValues<Omit<typeof embeddingOptions.rows, "guide">> {
  /** For the loss "gist": an opened embedding model with the same tokenizer; default: the model without the adapter. */
  readonly guide?: (Teacher & { readonly opened: Pick<OpenedBase, "context" | "source" | "embedding"> }) | undefined;
}

type Options = ComparisonOptions &
  EmbeddingOptions &
  Pick<PoolingOptions, "dimensions"> & {
    readonly trained?: EmbeddingSettings | undefined;
    readonly tokenizer?: TextTokenizer | undefined;
  };

export const embeddings: Objective<Options> = {
  rows: "texts to compare",
  takes: (row) => row.kind === "comparison",
  task: "feature-extraction",
  options: [
    ...(["loss", "pooling", "normalize", "prompts"] as const),
    ...(["miniBatchSize", "matryoshkaDims", "matryoshkaWeights", "guide"] as const),
  ],
  mayKeepClassifier: true,
  rate: ({ rate, encoderRate }) => [Math.min(encoderRate, rate), "embeddings"],
  plan: comparisonPlan,
};

/** Throws a DataError that names the rows that do not fit the loss, PoolingUnknownError, EMBEDDING_RECIPE. */
async function comparisonPlan(source: EmbeddingSource, rows: LearnedRows, options: Options): Promise<LearningPlan> {
  const [first] = rows.train;
  const isScored = first?.kind === "comparison" && first.score !== undefined;
  const loss = lossAmong(comparisonLosses, options.loss, embeddings.rows) ?? (isScored ? "order" : "ranking");
  const texts = first?.kind === "comparison" ? first.texts.length : 0;
  checkRows(rows.file, rows.train, { loss, texts, rowOf: rows.numbers.train });
  checkRows(rows.validationFile, rows.validation, { loss, texts, rowOf: rows.numbers.validation });
  const settings = await findEmbeddingSettings(source, options, options.trained);
  const prompts = options.prompts ?? (isScored ? {} : await promptsOf(source));
  const { miniBatchSize, matryoshkaDims: dims, matryoshkaWeights: weights } = options;
  const matryoshka = dims && { dims, weights };
  const guide = loss === "gist" ? await guideOf(options, settings) : undefined;
  const words = [
    `${loss}, ${settings.pooling}${settings.isNormalized ? ", normalised" : ""}`,
    ...(matryoshka === undefined ? [] : [`Matryoshka ${JSON.stringify(matryoshka)}`]),
    ...(guide?.model === undefined ? [] : [`guide ${guide.model.modelType} ${guide.model.fingerprint}`]),
  ].join(", ");
  const step = { loss, settings, matryoshka, miniBatchSize, guide };
  return {
    kind: "comparison",
    words,
    comparesNeighbours: true,
    measuresInitsByLoss: true,
    prompts,
    embedding: settings,
    loss: (model, batch, { context }) => lossOfTexts(model, batch, { ...step, context }),
    measure: async (model, data, how) => {
      const scores = await measureComparisons(model, { ...data, ...how, settings });
      return { loss: await meanLossOfTexts(model, measuredBatches(data), { ...step, ...how }), ...scores };
    },
  };
}

/** The guide of the loss "gist". Throws TRAINING_OPTIONS if its tokenizer is not the model's. */
async function guideOf({ guide, tokenizer }: Options, settings: EmbeddingSettings): Promise<Guide> {
  if (guide === undefined) return { model: undefined, context: inferenceContext(), settings };
  const { source, embedding } = guide.opened;
  return {
    ...(await teachingModel(guide, tokenizer, "guide")),
    settings: await findEmbeddingSettings(source, {}, embedding),
  };
}

/** Chosen as by sentence-transformers' `encode_query` and `encode_document`. */
async function promptsOf(source: EmbeddingSource): Promise<ComparisonPrompts> {
  const { byName } = await sentencePrompts(source);
  const document = byName.get("document") ?? byName.get("passage") ?? byName.get("corpus");
  return { first: byName.get("query"), others: document };
}

interface RowCheck {
  readonly loss: ComparisonLoss;
  readonly texts: number;
  readonly rowOf: RowNumbers;
}

function checkRows(file: string, rows: RowList<Example>, { loss, texts, rowOf }: RowCheck): void {
  const problems = rows.flatMap((row, index): RowProblem[] => {
    if (row.kind !== "comparison") return [];
    const problem = problemOf(row, loss, texts);
    return problem === undefined ? [] : [{ row: rowOf(index), ...problem }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

function problemOf(
  { texts, score }: Extract<Example, { kind: "comparison" }>,
  loss: ComparisonLoss,
  expected: number,
): Omit<RowProblem, "row"> | undefined {
  const needsScore = loss === "order" || loss === "cosine";
  if (needsScore !== (score !== undefined)) {
    const expectedRow = needsScore ? 'two sentences with a "score"' : 'a text with a "positive"';
    return {
      found: score === undefined ? "no score" : `the score ${score}`,
      expected: `${expectedRow}, for the loss "${loss}"`,
    };
  }
  if (loss === "cosine" && score !== undefined && Math.abs(score) > 1) {
    return { found: `the score ${score}`, expected: 'a score from −1 to 1 for the loss "cosine"; "order" takes any' };
  }
  if (loss === "triplet" && texts.length !== 3) {
    return { found: `${texts.length} texts`, expected: 'one "negative", for the loss "triplet"' };
  }
  if (texts.length === expected) return undefined;
  return {
    found: `${texts.length} texts`,
    expected: `${expected} texts, as in the first row: a negative in all rows or in none`,
  };
}

interface Step {
  readonly loss: ComparisonLoss;
  readonly settings: EmbeddingSettings;
  readonly matryoshka: Matryoshka | undefined;
  readonly miniBatchSize: number | undefined;
  readonly guide: Guide | undefined;
  readonly context: ForwardContext;
}

interface Guide {
  /** Undefined for the trained model itself. */
  readonly model: PretrainedModel | undefined;
  readonly context: ForwardContext;
  readonly settings: EmbeddingSettings;
}

/** Compares all texts of the batch. The caller owns the result. */
function lossOfTexts(model: PretrainedModel, batch: TokenBatch, step: Step): tf.Scalar {
  const { loss, settings, matryoshka, miniBatchSize, guide: by, context } = step;
  const { columns = 0, similarities } = batch;
  return tf.tidy(() => {
    const { labels: _, ...texts } = batchTensors(batch);
    const guide = by && withoutTape(() => (by.model ?? model).embed(texts, by.settings, by.context, { miniBatchSize }));
    const embeddings = model.embed(texts, settings, context, { miniBatchSize }); // [columns · rows, width]
    return comparisonLoss(loss, { embeddings, columns, similarities, matryoshka, miniBatchSize, guide });
  });
}

/** The mean over batches, weighted by their rows: with the loss "ranking", larger batches are harder. */
async function meanLossOfTexts(
  model: PretrainedModel,
  batches: Iterable<TokenBatch>,
  { signal, onRows, ...step }: Step & Measuring,
): Promise<number> {
  let [total, rows] = [0, 0];
  for (const batch of batches) {
    signal?.throwIfAborted();
    const loss = lossOfTexts(model, batch, step);
    const [value = Number.NaN] = await loss.data();
    loss.dispose();
    total += value * batch.supervised;
    rows += batch.supervised;
    onRows?.(batch.supervised);
  }
  return total / rows;
}
