// Measures the gradient of each weight of a plan, for LoRA-GA, with a matrix of zeros that is added to the weight. It has the
// same gradient, and frozen weights stay frozen.

import { type AdaptableModel, activeAdapters, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import type { Adaptation, AdaptationCall } from "@lowrank/contracts/internal";
import { createMatrix, type Matrix } from "@lowrank/math";
import type { Measured } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { claimName } from "../handle/adapter-names.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { linearSites } from "./measure-inputs.ts";

const recorderName = "measuring gradients";

/**
 * The mean gradient of each linear weight of the plan over some losses. The model is not changed. It needs twice the memory of
 * these weights.
 *
 * @param losses one function for each batch, which computes the loss under the given context
 * @throws ADAPTER_EXISTS if a measurement is already running; STALE_PLAN
 *
 * @example
 * ```ts
 * import type { AdaptableModel, ForwardContext } from "@lowrank/contracts";
 * import { type InjectionPlan, injectAdapter, measureGradients } from "@lowrank/inject";
 * import type * as tf from "@tensorflow/tfjs-core";
 *
 * export async function startFromGradient(
 *   model: AdaptableModel,
 *   plan: InjectionPlan,
 *   loss: (context: ForwardContext) => tf.Scalar,
 * ) {
 *   const measured = await measureGradients(model, plan, [loss]); // plan.config.init is "lora_ga"
 *   return injectAdapter(model, plan, { seed: 7, measured });
 * }
 * ```
 */
export async function measureGradients(
  model: AdaptableModel,
  plan: InjectionPlan,
  losses: Iterable<(context: ForwardContext) => tf.Scalar>,
): Promise<ReadonlyMap<string, Measured>> {
  const sites = linearSites(model, plan);
  const freeName = claimName(model, recorderName);
  const recorders = sites.map((site) => ({ site, recorder: new GradientRecorder(site.inFeatures, site.outFeatures) }));
  const detachers = recorders.map(({ site, recorder }) => site.attach(recorderName, recorder));
  const context = inferenceContext(activeAdapters(recorderName));
  let batches = 0;
  try {
    for (const loss of losses) {
      const variables = recorders.map(({ recorder }) => recorder.zeros);
      const { value, grads } = tf.variableGrads(() => loss(context), variables);
      for (const { recorder } of recorders) recorder.collect(grads[recorder.zeros.name]);
      value.dispose();
      batches += 1;
    }
    const means = recorders.map(async ({ site, recorder }) => {
      return [site.path, { gradient: await recorder.mean(batches) }] as const;
    });
    return new Map(await Promise.all(means));
  } finally {
    for (const detach of detachers) detach();
    for (const { recorder } of recorders) recorder.dispose();
    freeName();
  }
}

/** Adds x·0 to a layer's output. */
class GradientRecorder implements Adaptation {
  readonly zeros: tf.Variable<tf.Rank.R2>;
  readonly variables: readonly tf.Variable[];
  #sum: tf.Tensor;

  constructor(inFeatures: number, outFeatures: number) {
    const zeros = tf.zeros<tf.Rank.R2>([inFeatures, outFeatures]);
    this.zeros = tf.variable(zeros);
    this.variables = [this.zeros];
    this.#sum = zeros;
  }

  apply({ input, output, site }: AdaptationCall): tf.Tensor {
    return tf.tidy(() => {
      const rows = tf.reshape<tf.Rank.R2>(input, [-1, site.inFeatures]); // [batch·time, inFeatures]
      return tf.add(output, tf.reshape(tf.matMul(rows, this.zeros), output.shape));
    });
  }

  /** Takes ownership of one batch's gradient; undefined for a layer that was not used. */
  collect(gradient: tf.Tensor | undefined): void {
    if (!gradient) return;
    const sum = tf.add(this.#sum, gradient);
    tf.dispose([this.#sum, gradient]);
    this.#sum = sum;
  }

  async mean(batches: number): Promise<Matrix> {
    const mean = tf.tidy(() => tf.div<tf.Tensor2D>(this.#sum, Math.max(1, batches)));
    const matrix = createMatrix(...mean.shape, await mean.data());
    mean.dispose();
    return matrix;
  }

  dispose(): void {
    tf.dispose([this.zeros, this.#sum]);
  }
}
