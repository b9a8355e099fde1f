// The updater of backends that compute in the memory of the process, and of rules that no GPU has: plain arrays.

import * as tf from "@tensorflow/tfjs-core";
import { clipFactor } from "./clipping.ts";
import { FlatGradients } from "./flat-gradients.ts";
import type { FlatLayout } from "./flat-layout.ts";
import { FlatParameters } from "./flat-parameters.ts";
import type { GradientReduction } from "./gradient-reduction.ts";
import { lossAndGradients } from "./loss-and-gradients.ts";
import { Optimizer } from "./optimizer.ts";
import type { Moments } from "./rules/rule.ts";
import { ruleOf } from "./rules/rules.ts";
import type { RatesOf, Updater, UpdaterSettings, VariableNumbers, WeightedLoss } from "./updater.ts";

/** Any rule, on any backend. */
export class HostUpdater implements Updater {
  readonly #parameters: FlatParameters;
  readonly #gradients: FlatGradients;
  readonly #optimizer: Optimizer;
  #loss = 0;
  #weight = 0;

  constructor(
    readonly layout: FlatLayout,
    private readonly ratesOf: RatesOf,
    private readonly settings: UpdaterSettings,
  ) {
    this.#parameters = new FlatParameters(layout);
    this.#gradients = new FlatGradients(layout);
    this.#optimizer = new Optimizer(layout, ruleOf(settings.optimizer), settings);
  }

  begin(): void {
    this.#gradients.clear();
    this.#loss = 0;
    this.#weight = 0;
  }

  async add({ loss, weight }: WeightedLoss): Promise<void> {
    const { value, gradients } = lossAndGradients(loss, this.layout);
    try {
      const [lossValue = Number.NaN] = await value.data();
      await this.#gradients.add(gradients, weight);
      this.#loss += weight * lossValue;
      this.#weight += weight;
    } finally {
      tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? [])]);
    }
  }

  skip(weight: number): void {
    this.#weight += weight;
  }

  async reduce(reduction: GradientReduction, counts: readonly number[]): Promise<readonly number[]> {
    const [loss = Number.NaN, weight = Number.NaN, ...sums] = await this.#gradients.reduce(reduction, [
      this.#loss,
      this.#weight,
      ...counts,
    ]);
    this.#loss = loss;
    this.#weight = weight;
    return sums;
  }

  async update({ learningRate, clipNorm }: Parameters<Updater["update"]>[0]): ReturnType<Updater["update"]> {
    if (this.#weight !== 0) this.#gradients.divide(this.#weight);
    const loss = this.#weight === 0 ? 0 : this.#loss / this.#weight;
    const gradientNorm = this.#gradients.norm();
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return { loss, gradientNorm };
    const values = await this.#parameters.read();
    this.settings.precondition?.(this.#numbers(values));
    this.#optimizer.update({
      values,
      gradients: this.#gradients,
      gradientFactor: clipNorm === null ? 1 : clipFactor(gradientNorm, clipNorm),
      ratesOf: (range) => {
        const { rateFactor, weightDecay } = this.ratesOf(range);
        return { learningRate: learningRate * rateFactor, weightDecay };
      },
    });
    this.#parameters.assign((index) => this.#gradients.has(index));
    return { loss, gradientNorm };
  }

  #numbers(values: Float32Array): ReadonlyMap<string, VariableNumbers> {
    const numbers = this.layout.ranges.map(({ name, variable, start, end }, index): [string, VariableNumbers] => {
      const gradient = this.#gradients.has(index) ? this.#gradients.values.subarray(start, end) : undefined;
      return [name, { shape: variable.shape, values: values.subarray(start, end), gradient }];
    });
    return new Map(numbers);
  }

  async nonFinite(): Promise<readonly string[]> {
    return this.#gradients.nonFinite();
  }

  readValues(): Promise<Float32Array> {
    return this.#parameters.read();
  }

  restoreValues(values: Parameters<Updater["restoreValues"]>[0]): void {
    this.#parameters.restore(values);
  }

  async captureMoments(): Promise<ReadonlyMap<string, Moments>> {
    return this.#optimizer.capture();
  }

  restoreMoments(state: ReadonlyMap<string, Moments>): void {
    this.#optimizer.restore(state);
  }

  means(): readonly (readonly Float32Array[])[] {
    return this.#optimizer.means();
  }

  dispose(): void {}
}
