// Everything that planning or attaching an adapter can refuse.

import { enumerated, itemized, LowrankError, listed, maxListed, printable, shortened } from "@lowrank/contracts";

/** Targets that cannot be adapted as the configuration asks. */
export class UnsupportedSiteError extends LowrankError {
  constructor(readonly sites: readonly { readonly path: string; readonly kind: string; readonly reason: string }[]) {
    const lines = sites.map(({ path, kind, reason }) => `"${printable(path)}" (${kind}): ${reason}`);
    super(
      "UNSUPPORTED_SITE",
      `These targets cannot be adapted as asked; leave them out or change the setting:${itemized(lines)}`,
    );
  }
}

/** A start that cannot go together with another setting. */
export class UnsupportedInitError extends LowrankError {
  constructor(
    readonly init: string,
    /** PEFT's key of the other setting. */
    readonly key: string,
    reason = "the start is taken out of the very weight that the other setting looks at",
  ) {
    super(
      "UNSUPPORTED_START",
      `init_lora_weights = "${init}" together with ${key} is not supported: ${reason}. Use init_lora_weights = true.`,
    );
  }
}

/** The model does not repeat the layers that a configuration repeats (`layer_replication`). */
export class LayerReplicationError extends LowrankError {
  constructor(
    /** Which layer of its base each layer of the model repeats; null if it repeats none. */
    readonly got: readonly number[] | null,
    readonly expected: readonly number[] | null,
  ) {
    const text = (order: readonly number[] | null) =>
      order === null ? "its own layers, each once" : `the layers ${enumerated(order)} of its base`;
    super(
      "LAYER_REPLICATION",
      `The adapter's layer_replication is for a model with ${text(expected)}; this model has ${text(got)}. ` +
        "Make the model for it first: model.withLayers(layerOrderOf(config)).",
    );
  }
}

/** A name in `modules_to_save` or `trainable_token_indices` ends no module path of the model. */
export class SavedModuleNotFoundError extends LowrankError {
  constructor(
    readonly names: readonly string[],
    readonly suggestions: readonly string[],
  ) {
    super(
      "SAVED_MODULE_NOT_FOUND",
      `The model has no module whose path ends with ${listed(names)} (modules_to_save or trainable_token_indices). ` +
        `Modules that come near: ${listed(suggestions)}.`,
    );
  }
}

/** An adapter name that could not be told apart from a part of a path. */
export class InvalidAdapterNameError extends LowrankError {
  constructor(readonly adapterName: string) {
    super(
      "INVALID_ADAPTER_NAME",
      `"${adapterName}" cannot name an adapter: use at least one character, no dot and no slash, and not "__base__".`,
    );
  }
}

/** The model has an adapter of this name already. */
export class AdapterExistsError extends LowrankError {
  constructor(readonly adapterName: string) {
    super(
      "ADAPTER_EXISTS",
      `An adapter named "${adapterName}" is attached to this model already. Detach that one first or choose another name.`,
    );
  }
}

/** The handle was disposed of; its variables are gone. */
export class HandleDisposedError extends LowrankError {
  constructor(readonly adapterName: string) {
    super("HANDLE_DISPOSED", `The adapter "${adapterName}" was disposed of and cannot be used any more.`);
  }
}

/** A name that none of the adapter's tensors has. */
export class UnknownKeyError extends LowrankError {
  constructor(
    readonly adapterName: string,
    readonly key: string,
  ) {
    super(
      "UNKNOWN_KEY",
      `The adapter "${adapterName}" has no tensor "${printable(key)}"; its \`variables\` list the names.`,
    );
  }
}

/** A model changed between planning and injecting, so that a planned door is gone. */
export class StalePlanError extends LowrankError {
  constructor(readonly paths: readonly string[]) {
    super("STALE_PLAN", `The plan names ${listed(paths)}, which this model does not have. Plan again with this model.`);
  }
}

/** A table of the base that is to go into an adapter's file holds merged values now. */
export class MergedTableError extends LowrankError {
  constructor(
    readonly adapterName: string,
    readonly paths: readonly string[],
  ) {
    super(
      "MERGED_TABLE",
      `The file of the adapter "${adapterName}" is to carry the base's ${listed(paths)}, but a merge changed it. ` +
        "Undo the merge first, or pass saveEmbeddingLayers: false.",
    );
  }
}

/** More than one thing is wrong. Each is an error of its own, as it would be if it were alone. */
export class SeveralProblemsError extends LowrankError {
  constructor(readonly errors: readonly LowrankError[]) {
    const shown = errors.slice(0, maxListed);
    const lines = shown.map(({ message }, at) => `\n${at + 1}. ${shortened(message, 4000).replaceAll("\n", "\n   ")}`);
    const more = errors.length > shown.length ? `\n… and ${errors.length - shown.length} more` : "";
    super("SEVERAL_PROBLEMS", `${errors.length} things are wrong, and nothing was changed:${lines.join("")}${more}`);
  }
}

/** The model has no adapter of this name. */
export class AdapterNotFoundError extends LowrankError {
  constructor(
    readonly adapterName: string,
    /** Those that are attached. */
    readonly attached: readonly string[],
  ) {
    const there = attached.length ? `Attached are ${listed(attached)}.` : "None is attached.";
    super("ADAPTER_NOT_FOUND", `No adapter named "${printable(adapterName)}" is attached to this model. ${there}`);
  }
}

/** A weight that several adapters have values of their own for. */
export interface AdapterConflict {
  /** transformers' parameter path. */
  readonly path: string;
  /** In the order in which the adapters were given. */
  readonly adapterNames: readonly string[];
}

/** Adapters were to act together that have different values of their own for the same weights: these have no sum. */
export class ConflictingAdaptersError extends LowrankError {
  constructor(readonly conflicts: readonly AdapterConflict[]) {
    const lines = conflicts.map(({ path, adapterNames }) => `"${printable(path)}": ${listed(adapterNames)}`);
    super(
      "CONFLICTING_ADAPTERS",
      "Adapters cannot act together, or be merged, if they have different values of their own for the same weight (a " +
        "saved module, a bias, rows of tokens), or one that trains: there is no sum of them. Select one of them, or one for each row of the batch " +
        `(adapterRows).${itemized(lines)}`,
    );
  }
}

/** Weights of adapters that are no numbers to multiply with. */
export class InvalidWeightError extends LowrankError {
  constructor(readonly weights: readonly { readonly adapterName: string; readonly weight: number }[]) {
    const lines = weights.map(({ adapterName, weight }) => `"${printable(adapterName)}": ${weight}`);
    super("INVALID_WEIGHT", `The weight of an adapter has to be a finite number, as 0.5 is; got${itemized(lines)}`);
  }
}
