// Describes what a run does with the base's classifier: keep it, replace it to fit the data, or create one.

import { matchCheckpoint } from "@lowrank/contracts/families/checkpoint";
import { enumerated } from "@lowrank/contracts/internal";
import type { ModelFolder, PretrainedModel } from "@lowrank/models";
import { openFolderWeights } from "@lowrank/safetensors";
import { type BaseClasses, readBaseConfig } from "../open/base-config.ts";
import type { Classes } from "../rows/classes/class-names.ts";

type HeadFacts = Pick<PretrainedModel, "config" | "task" | "newParameters">;

/** A sentence about the classifier of a new adapter; undefined if the base's classifier is trained unchanged. */
export async function describeHead(
  { model, folder }: { readonly model: HeadFacts; readonly folder: ModelFolder | undefined },
  { classes, seed }: { readonly classes: Classes; readonly seed: number },
): Promise<string | undefined> {
  const base = folder === undefined ? undefined : await readBaseConfig(folder);
  const { newParameters } = model;
  if (newParameters.length === 0) return base === undefined ? undefined : renamed(base, classes);
  const isReplaced = folder !== undefined && (await holdsAny(folder, model));
  const description = `${newParameters.join(", ")} initialized from seed ${seed}, trained in full and saved with the adapter.`;
  if (!isReplaced || base === undefined) return `The base has no classifier: ${description}`;
  const because = `it has ${base.labels} classes${namesOf(base)}, but the data has ${model.config.labels}`;
  const strangers = strangersOf(base, classes);
  const names = strangers.length === 0 ? "" : ` with other names: ${enumerated(strangers)}`;
  return `The base's classifier is replaced, because ${because}${names}. ${description}`;
}

/** A classifier with the right number of other classes is kept, as in transformers, but reported. */
function renamed(base: BaseClasses, classes: Classes): string | undefined {
  const strangers = strangersOf(base, classes);
  if (strangers.length === 0 || namesOf(base) === "") return undefined;
  const names = [...classes.ids].sort(([, one], [, other]) => one - other).map(([name]) => name);
  return `The base's classifier is kept and trained further, but its classes${namesOf(base)} are now ${enumerated(names)}.`;
}

function strangersOf(base: BaseClasses, classes: Classes): readonly string[] {
  return [...classes.ids.keys()].filter((name) => !base.labelNames.includes(name));
}

/** The class names in parentheses; empty for a configuration that only numbers its classes. */
function namesOf({ labelNames }: BaseClasses): string {
  return labelNames.every((name) => /^LABEL_\d+$/.test(name)) ? "" : ` (${enumerated(labelNames)})`;
}

/** Whether the base's files have any of the new parameters, in any shape. */
async function holdsAny(folder: ModelFolder, { config, task, newParameters }: HeadFacts): Promise<boolean> {
  const weights = (await openFolderWeights(folder))?.collection;
  if (weights === undefined) return false;
  try {
    const { fileKeys } = matchCheckpoint(config, task, weights.tensors.keys());
    return newParameters.some((path) => fileKeys.has(path));
  } finally {
    await weights.close();
  }
}
