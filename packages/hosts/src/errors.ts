// Errors of host models. Each has its facts as fields, and nothing has changed when one is thrown.

import { itemized } from "@lowrank/contracts";
import { failure, printable } from "@lowrank/contracts/internal";

/** The model has no weights yet, or no layer that can be adapted. Build the model, or choose other layers. */
export function unadaptableModelError(
  model: string,
  reason: string /** The layers that were searched: name and class. */,
  layers: readonly string[] = [],
) {
  return failure(
    "UNADAPTABLE_MODEL",
    `The model "${printable(model)}" cannot be adapted: ${reason}.${itemized(layers.map(printable))}`,
    { model, reason, layers },
  );
}

/** These layers cannot be adapted. Choose other layers. */
export function unadaptableLayerError(
  layers: readonly { readonly name: string; readonly className: string; readonly reason: string }[],
) {
  const lines = layers.map(
    ({ name, className, reason }) => `"${printable(name)}" (${printable(className)}): ${reason}`,
  );
  return failure("UNADAPTABLE_LAYER", `These layers cannot be adapted:${itemized(lines)}`, { layers });
}

/** The model's layers changed after `layersModel`. Build the model first, then adapt it. */
export function modelChangedError(model: string, differences: readonly string[]) {
  return failure(
    "MODEL_CHANGED",
    `The model "${printable(model)}" has other layers than when layersModel(…) was called. Build the model first, then adapt it.${itemized(differences.map(printable))}`,
    { model, differences },
  );
}

/** This change would lose the attached adapters. Dispose of their handles first. */
export function adaptersAttachedError(model: string, action: string) {
  return failure(
    "ADAPTERS_ATTACHED",
    `Adapters are attached to the model "${printable(model)}". Dispose of their handles before you ${action}.`,
    { model, action },
  );
}

/** A model with adapters can be saved in two ways. Choose "base" or "merged" with `layersModel(model).save`. */
export function undecidedSaveError(model: string) {
  return failure(
    "UNDECIDED_SAVE",
    `Adapters are attached to the model "${printable(model)}": choose the weights to save, with ` +
      `layersModel(model).save("base", …) or layersModel(model).save("merged", …).`,
    { model },
  );
}

/** The optimizer has moments of other weights than the adapter's. Call `model.compile` with a new optimizer. */
export function optimizerInUseError() {
  return failure(
    "OPTIMIZER_IN_USE",
    "The model's optimizer has moments of other weights than the adapter's. " +
      "Call model.compile(…) with a new optimizer.",
    {},
  );
}

/** The data does not fit the model, such as labels with another shape than its output. Correct the data. */
export function unfitDataError(
  model: string /** The message of TensorFlow.js. */,
  problem: string,
  options: { readonly cause: unknown },
) {
  return failure(
    "UNFIT_DATA",
    `The model "${printable(model)}" cannot be trained or evaluated on this data; nothing was changed. ${printable(problem)}`,
    { model, problem, ...options },
  );
}
