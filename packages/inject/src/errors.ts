// Everything that planning or attaching an adapter can refuse.

import { LowrankError } from "@lowrank/contracts";

const listed = 12;

/** A name from a file made safe to print: no control characters, no marks that turn the direction of text. */
export function printable(name: string): string {
  const plain = name.replace(/\p{C}/gu, "\u{fffd}");
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, listed).map((name) => `"${printable(name)}"`);
  return names.length > listed ? `${shown.join(", ")} and ${names.length - listed} more` : shown.join(", ");
}

/** Targets that cannot be adapted as the configuration asks. */
export class UnsupportedSiteError extends LowrankError {
  constructor(readonly sites: readonly { readonly path: string; readonly kind: string; readonly reason: string }[]) {
    const lines = sites
      .slice(0, listed)
      .map(({ path, kind, reason }) => `\n  - "${printable(path)}" (${kind}): ${reason}`);
    const more = sites.length > listed ? `\n  - and ${sites.length - listed} more` : "";
    super(
      "UNSUPPORTED_SITE",
      `These targets cannot be adapted as asked; leave them out or change the setting:${lines.join("")}${more}`,
    );
  }
}

/** A start that cannot go together with another setting. */
export class UnsupportedStartError extends LowrankError {
  constructor(
    readonly init: string,
    /** PEFT's key of the other setting. */
    readonly key: string,
  ) {
    super(
      "UNSUPPORTED_START",
      `init_lora_weights = "${init}" together with ${key} is not supported: the start is taken out of the very weight ` +
        "that the other setting looks at. Use init_lora_weights = true.",
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
      order === null ? "its own layers, each once" : `the layers ${order.slice(0, 40).join(", ")} of its base`;
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
      `The model has no module whose path ends with ${list(names)} (modules_to_save or trainable_token_indices). ` +
        `Modules that come near: ${list(suggestions)}.`,
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
    super("STALE_PLAN", `The plan names ${list(paths)}, which this model does not have. Plan again with this model.`);
  }
}

/** One thing in which an adapter and a model differ. */
export type AdapterProblem =
  | {
      readonly kind: "shape";
      readonly key: string;
      readonly got: readonly number[];
      readonly expected: readonly number[];
    }
  | { readonly kind: "unknown-path"; readonly key: string; readonly path: string; readonly nearest: readonly string[] }
  | { readonly kind: "not-targeted"; readonly key: string; readonly path: string }
  | { readonly kind: "missing"; readonly key: string }
  | { readonly kind: "unsupported"; readonly key: string; readonly reason: string };

function describe(problem: AdapterProblem): string {
  const key = printable(problem.key);
  switch (problem.kind) {
    case "shape":
      return `${key}: shape [${problem.got.join(", ")}], this model needs [${problem.expected.join(", ")}]`;
    case "unknown-path":
      return `${key}: this model has no module "${printable(problem.path)}"${
        problem.nearest.length ? ` (nearest: ${list(problem.nearest)})` : ""
      }`;
    case "not-targeted":
      return `${key}: the adapter's own configuration does not target "${printable(problem.path)}"`;
    case "missing":
      return `${key}: the configuration asks for it, the file does not have it`;
    case "unsupported":
      return `${key}: ${problem.reason}`;
  }
}

/** An adapter does not fit this model; `problems` has every difference, and nothing was changed. */
export class AdapterMismatchError extends LowrankError {
  constructor(
    readonly problems: readonly AdapterProblem[],
    summary = "The adapter does not fit this model",
    code = "ADAPTER_MISMATCH",
  ) {
    const lines = problems.slice(0, listed).map((problem) => `\n  - ${describe(problem)}`);
    const more = problems.length > listed ? `\n  - and ${problems.length - listed} more` : "";
    super(code, `${summary}${problems.length ? `; ${count(problems.length)}:` : "."}${lines.join("")}${more}`);
  }
}

function count(problems: number): string {
  return problems === 1 ? "one difference" : `${problems} differences`;
}

/** The adapter was trained with a vocabulary of another size. */
export class VocabularyMismatchError extends AdapterMismatchError {
  constructor(
    /** Tokens that the adapter's tables have rows for. */
    readonly got: number,
    /** Tokens that the model knows. */
    readonly expected: number,
    problems: readonly AdapterProblem[],
  ) {
    super(
      problems,
      `The adapter was trained with a vocabulary of ${got} tokens, this model has ${expected}: use ` +
        `model.withVocabulary(${got})`,
      "ADAPTER_VOCABULARY",
    );
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
      `The file of the adapter "${adapterName}" is to carry the base's ${list(paths)}, but a merge changed it. ` +
        "Undo the merge first, or pass saveEmbeddingLayers: false.",
    );
  }
}

/** The adapter was made for another base model, as its shapes or the fingerprint in its metadata say. */
export class DifferentBaseError extends AdapterMismatchError {
  constructor(
    readonly got: string,
    readonly expected: string,
    problems: readonly AdapterProblem[] = [],
  ) {
    super(
      problems,
      `This adapter was made for another base model (${printable(got)}; this one is ${expected}). ` +
        "Load the base that it was trained on",
      "ADAPTER_FOR_ANOTHER_BASE",
    );
  }
}
