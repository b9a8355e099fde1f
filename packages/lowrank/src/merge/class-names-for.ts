// Names of classes for a merged model: they are the adapter's, whose file alone knows them.

import type { PretrainedModel } from "@lowrank/models";

/** The names, if the model has a class for each; else the base's stay. */
export function classNamesFor(
  { config, task }: Pick<PretrainedModel, "config" | "task">,
  names: readonly string[] | undefined,
): readonly string[] | undefined {
  const hasNames = task === "sequence-classification" || task === "image-classification";
  return hasNames && names?.length === config.labels ? names : undefined;
}
