// A new adapter: fresh pairs, and copies of the weights that train whole.

import { type AdaptableModel, type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import type { Measured } from "@lowrank/math";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { buildHandle } from "../handle/build-handle.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { freshValues } from "../start/fresh-values.ts";

/** How a new adapter is made. */
export interface InjectOptions {
  /** Default "default", PEFT's own. */
  readonly name?: string;
  /** Every pair is drawn from this and its path, so neither order nor number of the targets changes its values. */
  readonly seed: number;
  /** Fingerprint of the base model, to be written into adapter files. */
  readonly baseFingerprint?: string;
  /** What `measureInputs` or `measureGradients` returned, for the starts that look at data: EVA, CorDA, LoRA-GA. */
  readonly measured?: ReadonlyMap<string, Measured>;
}

const optionNames: OptionNames<InjectOptions> = {
  name: true,
  seed: true,
  baseFingerprint: true,
  measured: true,
};

/**
 * Attaches a fresh adapter, which leaves what the model computes exactly as it was until it is trained – unless its `init`
 * is false, or a start or a variant puts another weight in the place of the base's. If anything fails, the model is
 * unchanged and nothing is left in memory.
 *
 * @throws InvalidAdapterNameError, AdapterExistsError, StalePlanError, MissingMeasurementError
 *
 * @example
 * ```ts
 * import { createLoraConfig } from "@lowrank/adapter-format";
 * import type { AdaptableModel } from "@lowrank/contracts";
 * import { injectAdapter, planInjection } from "@lowrank/inject";
 *
 * export function adapt(model: AdaptableModel) {
 *   const plan = planInjection(model, createLoraConfig({ rank: 8, alpha: 16, targetModules: ["q_proj", "v_proj"] }));
 *   return injectAdapter(model, plan, { seed: 7 });
 * }
 * ```
 */
export function injectAdapter(model: AdaptableModel, plan: InjectionPlan, options: InjectOptions): AdapterHandle {
  refuseUnknownOptions("injectAdapter", options, optionNames);
  const { name = "default", seed, baseFingerprint, measured } = options;
  return buildHandle(model, {
    name,
    plan,
    trainable: true,
    isNew: true,
    values: freshValues(plan.config, seed, measured),
    ...(baseFingerprint === undefined ? {} : { baseFingerprint }),
  });
}
