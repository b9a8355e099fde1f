// AdamW where the backend has it as kernels: gradients and moments stay on the GPU. A step reads its loss and its norm.

import { type FlatKernels, flatKernels } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { FlatLayout } from "./flat-layout.ts";
import { FlatParameters } from "./flat-parameters.ts";
import { lossAndGradients } from "./loss-and-gradients.ts";
import type { Moments } from "./rules/rule.ts";
import type { RatesOf, Updater, UpdaterSettings, WeightedLoss } from "./updater.ts";

/** The largest float32: clipping to it changes nothing. */
const largest = 3.4028234663852886e38;

/** AdamW on a GPU. */
export class GpuUpdater implements Updater {
  /** For reading and restoring alone. */
  readonly #parameters: FlatParameters;
  readonly #status = tf.zeros([4]);
  #moments: { readonly first: tf.Tensor; readonly second: tf.Tensor; readonly counts: tf.Tensor };
  /** All values, and the data ids of the variables that have them: every assignment changes those. */
  #values: { readonly flat: tf.Tensor; readonly of: readonly object[] } | undefined;
  /** Uploaded again only if other variables have gradients. */
  #table: { readonly key: string; readonly tensor: tf.Tensor } | undefined;
  /** Sums of this step. */
  #sums: { readonly loss: tf.Tensor; readonly gradients: tf.Tensor } | undefined;
  #hasGradient: boolean[] = [];
  #weight = 0;

  private constructor(
    readonly layout: FlatLayout,
    private readonly ratesOf: RatesOf,
    private readonly settings: UpdaterSettings,
    private readonly kernels: FlatKernels,
  ) {
    this.#parameters = new FlatParameters(layout);
    this.#moments = this.#uploaded(new Map());
  }

  /** Undefined if the rule or the current backend needs the process's memory. */
  static start(layout: FlatLayout, ratesOf: RatesOf, settings: UpdaterSettings): GpuUpdater | undefined {
    const kernels = settings.optimizer === "adamw" ? flatKernels() : undefined;
    const hasEmpty = layout.ranges.some(({ start, end }) => start === end);
    return kernels === undefined || hasEmpty ? undefined : new GpuUpdater(layout, ratesOf, settings, kernels);
  }

  begin(): void {
    tf.dispose(this.#sums ?? []);
    this.#sums = undefined;
    this.#hasGradient = this.layout.ranges.map(() => false);
    this.#weight = 0;
  }

  async add({ loss, weight }: WeightedLoss): Promise<void> {
    const { value, gradients } = lossAndGradients(loss, this.layout);
    this.#weight += weight;
    this.#hasGradient = this.#hasGradient.map((hadGradient, index) => hadGradient || gradients[index] !== undefined);
    const added = { loss: value, gradients: this.#joined(gradients) };
    tf.dispose(gradients.flatMap((gradient) => gradient ?? []));
    const previous = this.#sums;
    this.#sums = added;
    if (previous === undefined && weight === 1) return;
    this.#sums = tf.tidy(() => {
      const sum = (name: "loss" | "gradients") => {
        const weighted = tf.mul(added[name], weight);
        return previous === undefined ? weighted : tf.add(previous[name], weighted);
      };
      return { loss: sum("loss"), gradients: sum("gradients") };
    });
    tf.dispose([added, previous ?? {}]);
  }

  skip(weight: number): void {
    this.#weight += weight;
  }

  async update({ learningRate, clipNorm }: Parameters<Updater["update"]>[0]): ReturnType<Updater["update"]> {
    if (this.#sums === undefined) return { loss: 0, gradientNorm: 0 };
    const flat = this.#currentValues();
    const { betas, epsilon } = this.settings;
    this.kernels.adamW(
      { ...this.#sums, ...this.#moments, values: flat, table: this.#currentTable(), status: this.#status },
      { learningRate, betas, epsilon, clipNorm: clipNorm ?? largest, scale: 1 / this.#weight },
    );
    this.#assign(flat);
    const [loss = Number.NaN, gradientNorm = Number.NaN] = await this.#status.data();
    return { loss, gradientNorm };
  }

  async nonFinite(): Promise<readonly string[]> {
    const sums = (await this.#sums?.gradients.data<"float32">()) ?? new Float32Array();
    const broken = this.layout.ranges.filter(({ start, end }) => !sums.subarray(start, end).every(Number.isFinite));
    return broken.map(({ name }) => name);
  }

  readValues(): Promise<Float32Array> {
    return this.#parameters.read();
  }

  restoreValues(values: Parameters<Updater["restoreValues"]>[0]): void {
    this.#parameters.restore(values);
  }

  async captureMoments(): Promise<ReadonlyMap<string, Moments>> {
    const { first, second, counts } = this.#moments;
    const [means, squares] = [await first.data<"float32">(), await second.data<"float32">()];
    const updates = await counts.data<"int32">();
    const entries = this.layout.ranges.map(({ name, start, end }, index): [string, Moments] => {
      const moments = { first: means.slice(start, end), second: squares.slice(start, end) };
      return [name, { ...moments, updates: updates[index] ?? 0 }];
    });
    return new Map(entries.filter(([, moments]) => moments.updates > 0));
  }

  restoreMoments(state: ReadonlyMap<string, Moments>): void {
    tf.dispose(this.#moments);
    this.#moments = this.#uploaded(state);
  }

  dispose(): void {
    this.begin();
    tf.dispose([this.#moments, this.#status, this.#values?.flat ?? [], this.#table?.tensor ?? []]);
  }

  #uploaded(state: ReadonlyMap<string, Moments>) {
    const { ranges, size } = this.layout;
    const [first, second] = [new Float32Array(size), new Float32Array(size)];
    for (const { name, start } of ranges) {
      first.set(state.get(name)?.first ?? [], start);
      second.set(state.get(name)?.second ?? [], start);
    }
    const counts = Int32Array.from(ranges, ({ name }) => state.get(name)?.updates ?? 0);
    return { first: tf.tensor1d(first), second: tf.tensor1d(second), counts: tf.tensor1d(counts, "int32") };
  }

  #joined(tensors: readonly (tf.Tensor | undefined)[]): tf.Tensor {
    const starts = this.layout.ranges.flatMap(({ start }, index) => (tensors[index] === undefined ? [] : [start]));
    return this.kernels.join(
      tensors.flatMap((tensor) => tensor ?? []),
      starts,
      this.layout.size,
    );
  }

  #currentValues(): tf.Tensor {
    const variables = this.layout.ranges.map(({ variable }) => variable);
    const of = variables.map(({ dataId }) => dataId);
    if (this.#values?.of.every((dataId, index) => dataId === of[index])) return this.#values.flat;
    this.#values?.flat.dispose();
    this.#values = { flat: this.#joined(variables), of };
    return this.#values.flat;
  }

  /** Gives each variable that has a gradient a tensor of its own: one that was read before keeps its values. */
  #assign(flat: tf.Tensor): void {
    const changed = this.layout.ranges.filter((_, index) => this.#hasGradient[index] === true);
    const variables = changed.map(({ variable }) => variable);
    const starts = changed.map(({ start }) => start);
    const parts = this.kernels.split(flat, variables, starts);
    for (const [index, variable] of variables.entries()) variable.assign(parts[index] as tf.Tensor);
    tf.dispose([...parts]);
    this.#values = { flat, of: this.layout.ranges.map(({ variable }) => variable.dataId) };
  }

  #currentTable(): tf.Tensor {
    const key = this.#hasGradient.join();
    if (this.#table?.key === key) return this.#table.tensor;
    this.#table?.tensor.dispose();
    const rows = new Int32Array(4 * this.layout.ranges.length);
    const floats = new Float32Array(rows.buffer);
    for (const [index, range] of this.layout.ranges.entries()) {
      const { rateFactor, weightDecay } = this.ratesOf(range);
      rows.set([range.start, this.#hasGradient[index] === true ? 1 : 0], 4 * index);
      floats.set([rateFactor, weightDecay], 4 * index + 2);
    }
    this.#table = { key, tensor: tf.tensor1d(rows, "int32") };
    return this.#table.tensor;
  }
}
