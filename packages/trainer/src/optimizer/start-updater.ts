// Decides where a run's gradients and moments are kept.

import type * as tf from "@tensorflow/tfjs-core";
import { FlatLayout } from "./flat-layout.ts";
import { GpuUpdater } from "./gpu-updater.ts";
import type { GradientReduction } from "./gradient-reduction.ts";
import { HostUpdater } from "./host-updater.ts";
import { type LearningRateGroup, learningRateFactor } from "./learning-rate-groups.ts";
import type { RatesOf, Updater, UpdaterSettings } from "./updater.ts";

/** On the GPU with AdamW in one process, if the current backend can; else in the memory of the process. */
export function startUpdater(
  { variables, learningRateGroups = [], reduceGradients, precondition }: UpdatedBy,
  settings: UpdaterSettings & { readonly decayed: "all" | "matrices"; readonly weightDecay: number },
): Updater {
  const layout = new FlatLayout(variables);
  const { decayed, weightDecay } = settings;
  const ratesOf: RatesOf = ({ name, variable }) => ({
    rateFactor: learningRateFactor(learningRateGroups, name),
    weightDecay: decayed === "all" || variable.rank >= 2 ? weightDecay : 0,
  });
  const isPlain = reduceGradients === undefined && precondition === undefined;
  const onGpu = isPlain ? GpuUpdater.start(layout, ratesOf, settings) : undefined;
  return onGpu ?? new HostUpdater(layout, ratesOf, { ...settings, precondition });
}

interface UpdatedBy extends Pick<UpdaterSettings, "precondition"> {
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly learningRateGroups?: readonly LearningRateGroup[];
  readonly reduceGradients?: GradientReduction | undefined;
}
