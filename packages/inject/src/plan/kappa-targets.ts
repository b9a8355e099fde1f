// Targets by condition number (KappaTune): weights with similar singular values are trained, which preserves what the others have
// learned. The rule is that of PEFT's `find_kappa_target_modules`.

import type { AdaptableModel } from "@lowrank/contracts";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { extremeSingularValues, settingError, takeMatrix } from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";

/** Options of `findKappaTargetModules`. */
export interface KappaOptions {
  /** Share of the linear layers that is chosen; default 0.2. */
  readonly topP?: number | undefined;
  /** Layers with a longer side are left out; default 16384. */
  readonly maxDimSizeToAnalyze?: number | undefined;
}

/** A linear layer and its condition number. */
export interface KappaTarget {
  /** Module path, for `targetModules`. */
  readonly path: string;
  /** κ = σ₁ / (σₙ + 1e-8). */
  readonly kappa: number;
}

const optionNames: OptionNames<KappaOptions> = { topP: true, maxDimSizeToAnalyze: true };

/**
 * The linear layers with the lowest condition numbers, the lowest first. Time grows with the cube of a weight's shorter side.
 * Parameters outside of layers (stacks of experts) are not measured.
 *
 * @throws INVALID_SETTING for a share that is not above 0 and at most 1, or a weight with NaN
 */
export function findKappaTargetModules(
  model: Pick<AdaptableModel, "sites">,
  options: KappaOptions = {},
): readonly KappaTarget[] {
  refuseUnknownOptions("findKappaTargetModules", options, optionNames);
  const { topP = 0.2, maxDimSizeToAnalyze: max = 16384 } = options;
  if (!(topP > 0 && topP <= 1))
    throw settingError("findKappaTargetModules", "topP", topP, "a number above 0 and at most 1");
  const sites = model.sites().filter(({ kind, refusal, inFeatures, outFeatures }) => {
    return kind === "linear" && refusal === undefined && Math.max(inFeatures, outFeatures) <= max;
  });
  const measured = sites.map((site): KappaTarget => {
    const [largest, smallest] = extremeSingularValues(takeMatrix(site.readWeight() as tf.Tensor2D));
    return { path: site.path, kappa: largest / (smallest + 1e-8) };
  });
  const sorted = measured.sort((one, other) => one.kappa - other.kappa);
  return sorted.slice(0, Math.max(1, Math.floor(sorted.length * topP)));
}
