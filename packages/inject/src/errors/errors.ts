// The errors of planning and attaching an adapter.

import { itemized, LowrankError, listed } from "@lowrank/contracts";
import { enumerated, failure, maxListed, printable, shortened } from "@lowrank/contracts/internal";

/** Targets cannot be adapted with this configuration. Leave them out, or change the setting that the message names. */
export class UnsupportedSiteError extends LowrankError {
  constructor(readonly sites: readonly { readonly path: string; readonly kind: string; readonly reason: string }[]) {
    const lines = sites.map(({ path, kind, reason }) => `"${printable(path)}" (${kind}): ${reason}`);
    super(
      "UNSUPPORTED_SITE",
      `These targets cannot be adapted with this configuration. Leave them out, or change the setting:${itemized(lines)}`,
    );
  }
}

/** This initialization does not work together with another setting. Use init_lora_weights = true. */
export function unsupportedInitError(
  init: string /** PEFT's key of the other setting. */,
  key: string,
  reason = "the initialization changes the weight that the other setting reads",
) {
  return failure(
    "UNSUPPORTED_START",
    `init_lora_weights = "${init}" together with ${key} is not supported: ${reason}. Use init_lora_weights = true.`,
    { init, key },
  );
}

/** The adapter's `layer_replication` does not match the model's layers. Repeat the layers first, with `model.withLayers`. */
export function layerReplicationError(
  /** For each layer of the model, the layer of its base that it repeats; null if it repeats none. */
  got: readonly number[] | null,
  expected: readonly number[] | null,
) {
  const text = (order: readonly number[] | null) =>
    order === null ? "its own layers, each once" : `the layers ${enumerated(order)} of its base`;
  return failure(
    "LAYER_REPLICATION",
    `The adapter's layer_replication needs a model with ${text(expected)}; this model has ${text(got)}. ` +
      "Make that model first: model.withLayers(layerOrderOf(config)).",
    { got, expected },
  );
}

/** No module path ends with this name of `modules_to_save` or `trainable_token_indices`. Use one of the suggested names. */
export class SavedModuleNotFoundError extends LowrankError {
  constructor(
    readonly names: readonly string[],
    readonly suggestions: readonly string[],
  ) {
    super(
      "SAVED_MODULE_NOT_FOUND",
      `The model has no module whose path ends with ${listed(names)} (modules_to_save or trainable_token_indices). ` +
        `Similar names: ${listed(suggestions)}.`,
    );
  }
}

/** The adapter's name is not allowed. Use at least one character, no dot, no slash, and not "__base__". */
export function invalidAdapterNameError(adapterName: string) {
  return failure(
    "INVALID_ADAPTER_NAME",
    `"${adapterName}" cannot name an adapter: use at least one character, no dot and no slash, and not "__base__".`,
    { adapterName },
  );
}

/** The model already has an adapter of this name. Detach that one first, or choose another name. */
export function adapterExistsError(adapterName: string) {
  return failure(
    "ADAPTER_EXISTS",
    `An adapter named "${adapterName}" is already attached to this model. Detach that one first or choose another name.`,
    { adapterName },
  );
}

/** The adapter was disposed of, and its variables are gone. Attach it again to use it. */
export function handleDisposedError(adapterName: string) {
  return failure("HANDLE_DISPOSED", `The adapter "${adapterName}" was disposed of. Attach it again to use it.`, {
    adapterName,
  });
}

/** The adapter has no tensor of this name. Use one of the names in its `variables`. */
export function unknownKeyError(adapterName: string, key: string) {
  return failure(
    "UNKNOWN_KEY",
    `The adapter "${adapterName}" has no tensor "${printable(key)}"; its \`variables\` list the names.`,
    { adapterName, key },
  );
}

/** The model changed after planning, and a planned module is gone. Plan again with this model. */
export function stalePlanError(paths: readonly string[]) {
  return failure(
    "STALE_PLAN",
    `The plan names ${listed(paths)}, which this model does not have. Plan again with this model.`,
    { paths },
  );
}

/** The adapter's file would store an embedding of the base model that a merge changed. Undo the merge first. */
export function mergedTableError(adapterName: string, paths: readonly string[]) {
  return failure(
    "MERGED_TABLE",
    `The adapter "${adapterName}" is saved with the base model's ${listed(paths)}, but a merge changed it. ` +
      "Undo the merge first, or pass saveEmbeddingLayers: false.",
    { adapterName, paths },
  );
}

/** There are several problems, and nothing was changed. Each error in `errors` has its own remedy. */
export function severalProblemsError(errors: readonly LowrankError[]) {
  const shown = errors.slice(0, maxListed);
  const lines = shown.map(({ message }, at) => `\n${at + 1}. ${shortened(message, 4000).replaceAll("\n", "\n   ")}`);
  const more = errors.length > shown.length ? `\n… and ${errors.length - shown.length} more` : "";
  return failure(
    "SEVERAL_PROBLEMS",
    `There are ${errors.length} problems, and nothing was changed:${lines.join("")}${more}`,
    { errors },
  );
}

/** The model has no adapter of this name. Use one of the attached adapters, or attach it first. */
export function adapterNotFoundError(adapterName: string /** The attached adapters. */, attached: readonly string[]) {
  const names = attached.length ? `Attached are ${listed(attached)}.` : "No adapter is attached.";
  return failure(
    "ADAPTER_NOT_FOUND",
    `No adapter named "${printable(adapterName)}" is attached to this model. ${names}`,
    { adapterName, attached },
  );
}

/** A weight for which several adapters have their own values. */
export interface AdapterConflict {
  /** transformers' parameter path. */
  readonly path: string;
  /** In the caller's order. */
  readonly adapterNames: readonly string[];
}

/** Several selected adapters have their own values for the same weight, which cannot be added. Select one adapter per call or row. */
export function conflictingAdaptersError(conflicts: readonly AdapterConflict[]) {
  const lines = conflicts.map(({ path, adapterNames }) => `"${printable(path)}": ${listed(adapterNames)}`);
  return failure(
    "CONFLICTING_ADAPTERS",
    "These adapters cannot be used or merged together: they have different values for the same weight (a " +
      "saved module, a bias, token rows), or one of them is training. Select one adapter, or one for each row of the batch " +
      `(adapterRows).${itemized(lines)}`,
    { conflicts },
  );
}

/** The weight of a selected adapter is not a finite number. Give a number such as 0.5. */
export function invalidWeightError(weights: readonly { readonly adapterName: string; readonly weight: number }[]) {
  const lines = weights.map(({ adapterName, weight }) => `"${printable(adapterName)}": ${weight}`);
  return failure(
    "INVALID_WEIGHT",
    `The weight of an adapter must be a finite number, such as 0.5; got${itemized(lines)}`,
    { weights },
  );
}
