// The updater of a backend that has AdamW as a kernel: gradients and moments stay on the GPU. A step reads its loss and its norm.

import { FlatAdamW } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";
import type { TrainingSettings, TrainingState } from "../state/training-state.ts";
import type { FlatLayout } from "./flat-layout.ts";
import { FlatParameters } from "./flat-parameters.ts";
import { lossAndGradients } from "./loss-and-gradients.ts";
import type { Moments } from "./rules/rule.ts";
import type { RatesOf, Updater, WeightedLoss } from "./updater.ts";

/** AdamW on a GPU. */
export class GpuUpdater implements Updater {
  readonly #parameters: FlatParameters;

  private constructor(
    readonly layout: FlatLayout,
    private readonly adamW: FlatAdamW,
    private readonly settings: Pick<TrainingSettings, "betas" | "epsilon">,
  ) {
    this.#parameters = new FlatParameters(layout);
  }

  /** Undefined if the current backend or the rule needs the process's memory. */
  static start(layout: FlatLayout, ratesOf: RatesOf, settings: TrainingSettings): GpuUpdater | undefined {
    if (settings.optimizer !== "adamw") return undefined;
    const variables = layout.places.map((place) => ({ variable: place.variable, ...ratesOf(place) }));
    const adamW = FlatAdamW.start(variables);
    return adamW && new GpuUpdater(layout, adamW, settings);
  }

  begin(): void {
    this.adamW.clear();
  }

  async add({ loss, weight }: WeightedLoss): Promise<void> {
    const { value, gradients } = lossAndGradients(loss, this.layout);
    this.adamW.add(value, gradients, weight);
    tf.dispose([value, ...gradients.flatMap((gradient) => gradient ?? [])]);
  }

  skip(weight: number): void {
    this.adamW.skip(weight);
  }

  async update(how: Parameters<Updater["update"]>[0]): ReturnType<Updater["update"]> {
    const { betas, epsilon } = this.settings;
    const { loss, norm } = await this.adamW.update({ ...how, betas, epsilon });
    return { loss, gradientNorm: norm };
  }

  async nonFinite(): Promise<readonly string[]> {
    const sums = await this.adamW.readGradients();
    const isBroken = ({ start, end }: { readonly start: number; readonly end: number }) =>
      !sums.subarray(start, end).every(Number.isFinite);
    return this.layout.places.filter(isBroken).map(({ name }) => name);
  }

  readValues(): Promise<Float32Array> {
    return this.#parameters.read();
  }

  restoreValues(values: TrainingState["variables"]): void {
    this.#parameters.restore(values);
  }

  async captureMoments(): Promise<ReadonlyMap<string, Moments>> {
    const { first, second, updates } = await this.adamW.readMoments();
    const entries = this.layout.places.map(({ name, start, end }, index) => {
      const moments = {
        first: first.slice(start, end),
        second: second.slice(start, end),
        updates: updates[index] ?? 0,
      };
      return [name, moments] as const;
    });
    return new Map(entries.filter(([, moments]) => moments.updates > 0));
  }

  restoreMoments(state: ReadonlyMap<string, Moments>): void {
    const { places, size } = this.layout;
    const [first, second] = [new Float32Array(size), new Float32Array(size)];
    const updates = new Int32Array(places.length);
    for (const [index, { name, start }] of places.entries()) {
      const moments = state.get(name);
      first.set(moments?.first ?? [], start);
      second.set(moments?.second ?? [], start);
      updates[index] = moments?.updates ?? 0;
    }
    this.adamW.restore({ first, second, updates });
  }

  dispose(): void {
    this.adamW.dispose();
  }
}
