// A new adapter: fresh pairs, and copies of the weights that train whole.

import type { LoraConfig } from "@lowrank/adapter-format";
import { type AdaptableModel, type OptionNames, refuseUnknownOptions, type Site } from "@lowrank/contracts";
import { createLoraMatrices, type Measured } from "@lowrank/math";
import * as tf from "@tensorflow/tfjs-core";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { buildHandle } from "../handle/build-handle.ts";
import { tokenTableOf } from "../hosts/token-table.ts";
import { freshMatrices, randomInit } from "../init/inits.ts";
import type { ValueSource } from "../parts/value-source.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";
import { initialVector } from "../variants/variants.ts";

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

const optionNames: OptionNames<InjectOptions> = { name: true, seed: true, baseFingerprint: true, measured: true };

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

/** Values drawn from `seed` and each layer's path alone. */
function freshValues(config: LoraConfig, seed: number, measured?: ReadonlyMap<string, Measured>): ValueSource {
  const init = randomInit(config);
  return {
    lora: (entry, name, site) => freshMatrices(entry, site, { config, seed, name, measured }),
    vector: ({ variant }, layer) => initialVector(variant, { ...layer, init, seed }),
    rawMatrices: ({ path, inFeatures, outFeatures, rank, experts }, name) =>
      createLoraMatrices({
        kind: "parameter",
        inFeatures,
        outFeatures,
        rank,
        experts,
        init,
        key: { seed, path },
        name,
      }),
    parameter: (_, parameter) => parameter.read(),
    rows: frozenRows,
  };
}

/** The chosen rows of a table, or of a head's weight seen the other way round. */
function frozenRows({ indices }: PlannedTokenRows, site: Site): tf.Tensor2D {
  return tf.tidy(() => {
    const weight = site.readWeight();
    const picked = tf.tensor1d([...indices], "int32");
    const axis = tokenTableOf(site)?.axis ?? 0;
    const slices = tf.gather(weight, picked, axis);
    const rows = axis === 0 ? slices : tf.transpose(slices);
    // A table and a head's weight are matrices.
    return rows as tf.Tensor2D;
  });
}
