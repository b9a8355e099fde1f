// What each layer of a plan is given when the model runs: for EVA and CorDA. A recorder is an adaptation that changes
// nothing.

import type { AdaptableModel, Adaptation, AdaptationCall, ForwardContext } from "@lowrank/contracts";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { type InputStatistics, type Measured, matrixOfTensor } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import { claimName } from "./adapter-names.ts";
import type { InjectionPlan } from "./injection-plan.ts";
import { linearSites } from "./linear-sites.ts";

/** How inputs are measured. */
export interface MeasureInputsOptions {
  /**
   * Runs the model on some batches under the given context. `keepOnly` tells which positions of the next batch count,
   * 1 or 0 [batch, time]: PEFT leaves out padding and unlabelled positions. It reads the mask at once.
   */
  run(context: ForwardContext, keepOnly: (mask: tf.Tensor) => void): void | Promise<void>;
}

const recorderName = "measuring inputs";

/**
 * Sums up what every linear layer of the plan is given, without changing the model.
 *
 * @throws AdapterExistsError if a measurement is under way already; StalePlanError
 *
 * @example
 * ```ts
 * import type { AdaptableModel, ForwardContext } from "@lowrank/contracts";
 * import { type InjectionPlan, injectAdapter, measureInputs } from "@lowrank/inject";
 *
 * export async function startFromData(model: AdaptableModel, plan: InjectionPlan, run: (context: ForwardContext) => void) {
 *   const measured = await measureInputs(model, plan, { run }); // plan.config.init is "corda" or "eva"
 *   return injectAdapter(model, plan, { seed: 7, measured });
 * }
 * ```
 */
export async function measureInputs(
  model: AdaptableModel,
  plan: InjectionPlan,
  options: MeasureInputsOptions,
): Promise<ReadonlyMap<string, Measured>> {
  const sites = linearSites(model, plan);
  const freeName = claimName(model, recorderName);
  const mask: { rows: tf.Tensor2D | null } = { rows: null };
  const recorders = sites.map((site) => ({ site, recorder: new InputRecorder(site.inFeatures, mask) }));
  const detach = recorders.map(({ site, recorder }) => site.attach(recorderName, recorder));
  try {
    await options.run(inferenceContext(activeAdapters(recorderName)), (positions) => {
      mask.rows?.dispose();
      mask.rows = tf.keep(tf.tidy(() => tf.cast(tf.reshape<tf.Rank.R2>(positions, [-1, 1]), "float32")));
    });
    return new Map(recorders.map(({ site, recorder }) => [site.path, { inputs: recorder.read() }]));
  } finally {
    for (const close of detach) close();
    for (const { recorder } of recorders) recorder.dispose();
    mask.rows?.dispose();
    freeName();
  }
}

/** Keeps sums over all inputs that it saw. */
class InputRecorder implements Adaptation {
  readonly variables = [];
  readonly #mask: { readonly rows: tf.Tensor2D | null };
  #batches = 0;
  #sums: tf.Tensor1D;
  #products: tf.Tensor2D;
  #rows: tf.Scalar;
  #largest: tf.Scalar;

  constructor(inFeatures: number, mask: { readonly rows: tf.Tensor2D | null }) {
    this.#mask = mask;
    this.#sums = tf.keep(tf.zeros<tf.Rank.R1>([inFeatures]));
    this.#products = tf.keep(tf.zeros<tf.Rank.R2>([inFeatures, inFeatures]));
    this.#rows = tf.keep(tf.scalar(0));
    this.#largest = tf.keep(tf.scalar(Number.NEGATIVE_INFINITY));
  }

  apply({ input, output, site }: AdaptationCall): tf.Tensor {
    const before = [this.#sums, this.#products, this.#rows, this.#largest];
    tf.tidy(() => {
      const all = tf.reshape<tf.Rank.R2>(input, [-1, site.inFeatures]); // [rows, inFeatures]
      const mask =
        this.#mask.rows?.shape[0] === all.shape[0] ? this.#mask.rows : tf.ones<tf.Rank.R2>([all.shape[0], 1]);
      const rows = tf.mul<tf.Tensor2D>(all, mask);
      this.#sums = tf.keep(tf.add(this.#sums, tf.sum(rows, 0)));
      this.#products = tf.keep(tf.add(this.#products, tf.matMul(rows, rows, true)));
      this.#rows = tf.keep(tf.add(this.#rows, tf.sum(mask)));
      this.#largest = tf.keep(tf.maximum(this.#largest, tf.max(rows)));
    });
    tf.dispose(before);
    this.#batches += 1;
    return tf.clone(output);
  }

  read(): InputStatistics {
    return {
      batches: this.#batches,
      rows: this.#rows.dataSync()[0] ?? 0,
      sums: Float64Array.from(this.#sums.dataSync()),
      products: matrixOfTensor(this.#products),
      largest: Math.abs(this.#largest.dataSync()[0] ?? 0),
    };
  }

  dispose(): void {
    tf.dispose([this.#sums, this.#products, this.#rows, this.#largest]);
  }
}
