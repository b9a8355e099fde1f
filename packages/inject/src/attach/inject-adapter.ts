// Attaches a new adapter: new A and B, and copies of the weights that are trained in full.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, Site } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { createLora } from "@lowrank/math";
import type { Measured } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { buildHandle } from "../handle/build-handle.ts";
import { tokenTableOf } from "../hosts/token-table.ts";
import { freshMatrices, randomInit } from "../init/inits.ts";
import type { ValueSource } from "../parts/value-source.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";
import { initialVector } from "../variants/variants.ts";

/** Options of `injectAdapter`. */
export interface InjectOptions {
  /** Default "default", PEFT's own. */
  readonly name?: string;
  /** The random seed. Values depend only on seed and path, not on the order or number of targets. */
  readonly seed: number;
  /** Fingerprint of the base model, for adapter files. */
  readonly baseFingerprint?: string;
  /** Results of `measureInputs` or `measureGradients`, for initializations that use data: EVA, CorDA, LoRA-GA. */
  readonly measured?: ReadonlyMap<string, Measured>;
}

const optionNames: OptionNames<InjectOptions> = { name: true, seed: true, baseFingerprint: true, measured: true };

/**
 * Attaches a new adapter. The model's output is unchanged until training, unless `init` is false, or an initialization or variant
 * replaces a base weight. If anything fails, the model is unchanged and all memory is freed.
 *
 * @throws INVALID_ADAPTER_NAME, ADAPTER_EXISTS, STALE_PLAN, MISSING_MEASUREMENT
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

/** First values of a new adapter: A, B and vectors drawn by seed and path; copies of the base's weights if trained in full. */
function freshValues(config: LoraConfig, seed: number, measured?: ReadonlyMap<string, Measured>): ValueSource {
  const init = randomInit(config);
  return {
    lora: (entry, name, site) => freshMatrices(entry, site, { config, seed, name, measured }),
    vector: ({ variant }, layer) => initialVector(variant, { ...layer, init, seed }),
    parameterLora: ({ path, inFeatures, outFeatures, rank, experts }, name) =>
      createLora({ kind: "parameter", inFeatures, outFeatures, rank, experts, init, key: { seed, path }, name }),
    parameterCopy: (_, parameter) => parameter.read(),
    rows: copiedRows,
  };
}

/** A copy of the base's rows for the trained tokens, [tokens, width]; a head that stores them as columns is transposed. */
function copiedRows({ indices }: PlannedTokenRows, site: Site): tf.Tensor2D {
  return tf.tidy(() => {
    const weight = site.readWeight();
    const picked = tf.tensor1d([...indices], "int32");
    const axis = tokenTableOf(site)?.axis ?? 0;
    const slices = tf.gather(weight, picked, axis);
    const rows = axis === 0 ? slices : tf.transpose(slices);
    // Embeddings and head weights are matrices.
    return rows as tf.Tensor2D;
  });
}
