// What can go wrong with a guest, each failure with its facts as fields. Nothing is changed when one is thrown.

import { itemized, LowrankError, printable } from "@lowrank/contracts";

/** A model without weights yet, or with nothing in it that can be adapted. */
export class UnadaptableModelError extends LowrankError {
  constructor(
    readonly model: string,
    readonly reason: string,
    /** The layers that were looked at: name and class. */
    readonly layers: readonly string[] = [],
  ) {
    super(
      "UNADAPTABLE_MODEL",
      `The model "${printable(model)}" cannot be adapted: ${reason}.${itemized(layers.map(printable))}`,
    );
  }
}

/** A layer was named that no adapter can act on. */
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

/** The model's layers are others than when it was opened for adapters. */
export class ModelChangedError extends LowrankError {
  constructor(
    readonly model: string,
    readonly differences: readonly string[],
  ) {
    super(
      "MODEL_CHANGED",
      `The model "${printable(model)}" has other layers than when layersModel(…) looked at it. Build the model first, then adapt it.${itemized(differences.map(printable))}`,
    );
  }
}

/** A model with adapters was to be changed in a way that would lose them. */
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

/** A model with adapters was to be saved without a word about which weights. */
export class UndecidedSaveError extends LowrankError {
  constructor(readonly model: string) {
    super(
      "UNDECIDED_SAVE",
      `Adapters are attached to the model "${printable(model)}": say which weights to save, with ` +
        `layersModel(model).save("base", …) or layersModel(model).save("merged", …).`,
    );
  }
}

/** An optimiser that has trained other variables was about to train an adapter's. */
export class OptimizerInUseError extends LowrankError {
  constructor() {
    super(
      "OPTIMIZER_IN_USE",
      "The model's optimizer remembers moments of the weights that it has trained so far, which an adapter's are not. " +
        "Call model.compile(…) with a new optimizer.",
    );
  }
}

/** Data that the model cannot be trained or evaluated on, such as labels of another shape than its output. */
export class UnfitDataError extends LowrankError {
  constructor(
    readonly model: string,
    /** What TensorFlow.js says of it. */
    readonly problem: string,
    options: { readonly cause: unknown },
  ) {
    super(
      "UNFIT_DATA",
      `The model "${printable(model)}" can neither be trained nor evaluated on this data; nothing changed. ${printable(problem)}`,
      options,
    );
  }
}
