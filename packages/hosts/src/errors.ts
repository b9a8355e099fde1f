// Errors of host models. Each has its facts as fields, and nothing has changed when one is thrown.

import { itemized, LowrankError, printable } from "@lowrank/contracts";

/** The model has no weights yet, or no layer that can be adapted. Build the model, or choose other layers. */
export class UnadaptableModelError extends LowrankError {
  constructor(
    readonly model: string,
    readonly reason: string,
    /** The layers that were searched: name and class. */
    readonly layers: readonly string[] = [],
  ) {
    super(
      "UNADAPTABLE_MODEL",
      `The model "${printable(model)}" cannot be adapted: ${reason}.${itemized(layers.map(printable))}`,
    );
  }
}

/** These layers cannot be adapted. Choose other layers. */
export class UnadaptableLayerError extends LowrankError {
  constructor(
    readonly layers: readonly { readonly name: string; readonly className: string; readonly reason: string }[],
  ) {
    const lines = layers.map(
      ({ name, className, reason }) => `"${printable(name)}" (${printable(className)}): ${reason}`,
    );
    super("UNADAPTABLE_LAYER", `These layers cannot be adapted:${itemized(lines)}`);
  }
}

/** The model's layers changed after `layersModel`. Build the model first, then adapt it. */
export class ModelChangedError extends LowrankError {
  constructor(
    readonly model: string,
    readonly differences: readonly string[],
  ) {
    super(
      "MODEL_CHANGED",
      `The model "${printable(model)}" has other layers than when layersModel(…) was called. Build the model first, then adapt it.${itemized(differences.map(printable))}`,
    );
  }
}

/** This change would lose the attached adapters. Dispose of their handles first. */
export class AdaptersAttachedError extends LowrankError {
  constructor(
    readonly model: string,
    readonly action: string,
  ) {
    super(
      "ADAPTERS_ATTACHED",
      `Adapters are attached to the model "${printable(model)}". Dispose of their handles before you ${action}.`,
    );
  }
}

/** A model with adapters can be saved in two ways. Choose "base" or "merged" with `layersModel(model).save`. */
export class UndecidedSaveError extends LowrankError {
  constructor(readonly model: string) {
    super(
      "UNDECIDED_SAVE",
      `Adapters are attached to the model "${printable(model)}": choose the weights to save, with ` +
        `layersModel(model).save("base", …) or layersModel(model).save("merged", …).`,
    );
  }
}

/** The optimizer has moments of other weights than the adapter's. Call `model.compile` with a new optimizer. */
export class OptimizerInUseError extends LowrankError {
  constructor() {
    super(
      "OPTIMIZER_IN_USE",
      "The model's optimizer has moments of other weights than the adapter's. " +
        "Call model.compile(…) with a new optimizer.",
    );
  }
}

/** The data does not fit the model, such as labels with another shape than its output. Correct the data. */
export class UnfitDataError extends LowrankError {
  constructor(
    readonly model: string,
    /** The message of TensorFlow.js. */
    readonly problem: string,
    options: { readonly cause: unknown },
  ) {
    super(
      "UNFIT_DATA",
      `The model "${printable(model)}" cannot be trained or evaluated on this data; nothing was changed. ${printable(problem)}`,
      options,
    );
  }
}
