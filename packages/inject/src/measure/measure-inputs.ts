// Measures the inputs of each layer of a plan, for EVA and CorDA.

import {
  type AdaptableModel,
  activeAdapters,
  type ForwardContext,
  inferenceContext,
  type Site,
} from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import type { Measured } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { stalePlanError } from "../errors/errors.ts";
import { claimName } from "../handle/adapter-names.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { inputRecorder, type RowMask } from "./input-recorders.ts";

/** Options of `measureInputs`. */
export interface MeasureInputsOptions {
  /**
   * Runs the model on some batches under the given context. `keepOnly` selects positions of the next batch, 1 or 0 [batch, time]:
   * for EVA, PEFT leaves out padding and unlabelled positions. The mask is read immediately. For CorDA, PEFT uses one whole
   * sequence for each call.
   */
  run(context: ForwardContext, keepOnly: (mask: tf.Tensor) => void): void | Promise<void>;
}

const optionNames: OptionNames<MeasureInputsOptions> = { run: true };

const recorderName = "measuring inputs";

/**
 * Sums up the inputs of each linear layer of the plan, as its initialization needs them, without changing the model.
 *
 * @throws ADAPTER_EXISTS if a measurement is already running; STALE_PLAN
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
  refuseUnknownOptions("measureInputs", options, optionNames);
  const sites = linearSites(model, plan);
  const freeName = claimName(model, recorderName);
  const mask: RowMask = { rows: null };
  const { init } = plan.config;
  const recorders = sites.map((site) => ({ site, recorder: inputRecorder(init, site.inFeatures, mask) }));
  const detachers = recorders.map(({ site, recorder }) => site.attach(recorderName, recorder));
  try {
    const context = { ...inferenceContext(activeAdapters(recorderName)), everyPosition: true };
    await options.run(context, (positions) => {
      mask.rows?.dispose();
      mask.rows = tf.keep(tf.tidy(() => tf.cast(tf.reshape<tf.Rank.R2>(positions, [-1, 1]), "float32")));
    });
    const measured = recorders.map(async ({ site, recorder }) => [site.path, await recorder.read()] as const);
    return new Map(await Promise.all(measured));
  } finally {
    for (const detach of detachers) detach();
    for (const { recorder } of recorders) recorder.dispose();
    mask.rows?.dispose();
    freeName();
  }
}

// The linear layers of a plan, which can be measured.

/** @throws STALE_PLAN */
export function linearSites(model: AdaptableModel, plan: InjectionPlan): readonly Site[] {
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const linear = partsOf(plan, "site").filter(({ kind }) => kind === "linear");
  const missing = linear.filter(({ path }) => !sites.has(path));
  if (missing.length) throw stalePlanError(missing.map(({ path }) => path));
  return linear.map(({ path }) => sites.get(path)!);
}
