// Collects a model's answers and the labels batch by batch, and computes metrics from them.

import type { TokenBatch } from "@lowrank/data";
import { classScores, labelScores, pearson, spearman } from "@lowrank/data/internal";
import type { PretrainedModel } from "@lowrank/models";
import type { HeadPredictions } from "@lowrank/models/internal";
import type { RowMetrics } from "../../metric-names.ts";
import { writesText } from "../../open/task-types.ts";
import { bestAnswer } from "../../predict/best-answer.ts";

export class AnswerTally {
  readonly #predictions: number[] = [];
  readonly #labels: number[] = [];
  readonly #spans = new SpanTally();
  #kind: HeadPredictions["kind"] | undefined;
  #isMultiLabel = false;
  #hits = 0;
  #count = 0;

  constructor(private readonly model: Pick<PretrainedModel, "task" | "config">) {}

  /** Adds the answers to a batch and frees their tensor. */
  async add(answers: HeadPredictions, batch: TokenBatch): Promise<void> {
    const values = await answers.values.data();
    answers.values.dispose();
    this.#kind = answers.kind;
    if (answers.kind === "spans") this.#spans.add(values, batch);
    else if (answers.kind === "outputs") {
      this.#isMultiLabel = answers.problem === "multi_label_classification";
      this.#add(values, batch.labels);
    } else if (writesText(this.model.task)) {
      // A vocabulary has too many classes for scores of each class.
      this.#hits += answers.targets.filter((target, index) => target === values[index]).length;
      this.#count += answers.targets.length;
    } else this.#add(values, answers.targets);
  }

  /** The metrics that apply to the head and are numbers: without variation in the labels there is no correlation. */
  metrics(): Omit<RowMetrics, "loss"> {
    return Object.fromEntries(Object.entries(this.#metrics()).filter(([, value]) => Number.isFinite(value)));
  }

  #metrics(): Omit<RowMetrics, "loss"> {
    const [predicted, labels, classes] = [this.#predictions, this.#labels, this.model.config.labels];
    if (this.#kind === "spans") return this.#spans.metrics();
    if (this.#kind === "outputs" && this.#isMultiLabel) {
      const sets = (values: readonly number[], from: number) =>
        Array.from({ length: values.length / classes }, (_, row) =>
          Array.from({ length: classes }, (_, label) => label).filter(
            (label) => (values[row * classes + label] ?? 0) > from,
          ),
        );
      return { ...labelScores(sets(predicted, 0), sets(labels, 0.5), classes) };
    }
    if (this.#kind === "outputs") return { pearson: pearson(predicted, labels), spearman: spearman(predicted, labels) };
    if (writesText(this.model.task)) return this.#count === 0 ? {} : { accuracy: this.#hits / this.#count };
    return predicted.length === 0 ? {} : { ...classScores(predicted, labels, classes) };
  }

  #add(predictions: ArrayLike<number>, labels: ArrayLike<number>): void {
    for (let index = 0; index < predictions.length; index += 1) {
      this.#predictions.push(predictions[index] ?? 0);
      this.#labels.push(labels[index] ?? 0);
    }
  }
}

class SpanTally {
  #rows = 0;
  #exact = 0;
  #f1 = 0;

  /** `logits` [rows, time, 2] of a batch. */
  add(logits: ArrayLike<number>, { rows, time, attentionMask, labels }: TokenBatch): void {
    const mayBeNone = Array.from({ length: rows }, (_, row) => labels[2 * row] === 0).includes(true);
    for (let row = 0; row < rows; row += 1) {
      const columnOf = (column: number) =>
        Array.from({ length: time }, (_, t) => logits[2 * (row * time + t) + column] ?? 0);
      const length = attentionMask.subarray(row * time, (row + 1) * time).reduce((sum, seen) => sum + seen, 0);
      const text = { length, contextStart: 1, contextLength: length - 1 };
      const found = bestAnswer({ starts: columnOf(0), ends: columnOf(1), ...text, mayBeNone });
      const [start, end] = found === undefined ? [0, 0] : [found[0] + 1, found[1] + 1];
      this.#note([start, end], [labels[2 * row] ?? 0, labels[2 * row + 1] ?? 0]);
    }
  }

  metrics(): Pick<RowMetrics, "exactMatch" | "f1"> {
    if (this.#rows === 0) return {};
    return { exactMatch: (100 * this.#exact) / this.#rows, f1: (100 * this.#f1) / this.#rows };
  }

  #note([start, end]: readonly [number, number], [first, last]: readonly [number, number]): void {
    this.#rows += 1;
    this.#exact += Number(start === first && end === last);
    const common = Math.max(0, Math.min(end, last) - Math.max(start, first) + 1);
    this.#f1 += (2 * common) / (end - start + 1 + (last - first + 1));
  }
}
