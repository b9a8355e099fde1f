// The differences between an adapter and a model, and their errors.

import { itemized, LowrankError, listed } from "@lowrank/contracts";
import { maxListed, printable } from "@lowrank/contracts/internal";

/** One difference between an adapter and a model. */
export type AdapterProblem =
  | {
      readonly kind: "shape";
      readonly key: string;
      readonly got: readonly number[];
      readonly expected: readonly number[];
    }
  /** The rank of A or B, and the rank of its layer in the configuration. */
  | { readonly kind: "rank"; readonly key: string; readonly got: number; readonly expected: number }
  /** The first value that is not finite, and its position, row by row. */
  | { readonly kind: "non-finite"; readonly key: string; readonly got: number; readonly position: number }
  /** A name in target_modules that matches no module, with similar names. It is a warning if nothing else is wrong. */
  | { readonly kind: "unmatched-target"; readonly key: "target_modules"; readonly reason: string }
  | { readonly kind: "unknown-path"; readonly key: string; readonly path: string; readonly nearest: readonly string[] }
  | { readonly kind: "not-targeted"; readonly key: string; readonly path: string }
  /** `partner`: the key of the other matrix, A or B, if it exists. */
  | { readonly kind: "missing"; readonly key: string; readonly partner?: string }
  | { readonly kind: "unsupported"; readonly key: string; readonly reason: string };

function describe(problem: AdapterProblem): string {
  const key = printable(problem.key);
  switch (problem.kind) {
    case "shape":
      return `${key}: shape [${problem.got.join(", ")}], this model needs [${problem.expected.join(", ")}]`;
    case "rank":
      return `${key}: rank ${problem.got}, but the configuration has ${problem.expected} (r, or rank_pattern)`;
    case "non-finite":
      return `${key}: ${problem.got} at position ${problem.position}`;
    case "unmatched-target":
      return problem.reason;
    case "unknown-path":
      return `${key}: this model has no module "${printable(problem.path)}"${
        problem.nearest.length ? ` (nearest: ${listed(problem.nearest)})` : ""
      }`;
    case "not-targeted":
      return `${key}: the adapter's own configuration does not target "${printable(problem.path)}"`;
    case "missing":
      return `${key}: the configuration needs it, the file ${problem.partner === undefined ? "does not have it" : `has only the other half, ${printable(problem.partner)}`}`;
    case "unsupported":
      return `${key}: ${problem.reason}`;
  }
}

/** The adapter does not fit this model, and nothing was changed. Load the base model that it was trained on; `problems` has every difference. */
export class AdapterMismatchError extends LowrankError {
  constructor(
    readonly problems: readonly AdapterProblem[],
    summary = "The adapter does not fit this model",
    code = "ADAPTER_MISMATCH",
    shown = maxListed,
  ) {
    super(
      code,
      `${summary}${problems.length ? `; ${count(problems.length)}:` : "."}${itemized(everyKindFirst(problems).slice(0, shown).map(describe), problems.length)}`,
    );
  }
}

/** A long list is truncated, so one problem of each kind comes first. */
function everyKindFirst(problems: readonly AdapterProblem[]): readonly AdapterProblem[] {
  if (problems.length <= maxListed) return problems;
  const first = new Set([...new Map([...problems].reverse().map((problem) => [problem.kind, problem])).values()]);
  return [...problems.filter((problem) => first.has(problem)), ...problems.filter((problem) => !first.has(problem))];
}

function count(problems: number): string {
  return problems === 1 ? "one difference" : `${problems} differences`;
}

/** The adapter was trained with a vocabulary of another size. Resize the model's with `model.withVocabulary`. */
export class VocabularyMismatchError extends AdapterMismatchError {
  constructor(
    /** The number of tokens in the adapter's embeddings. */
    readonly got: number,
    /** The number of tokens of the model. */
    readonly expected: number,
    problems: readonly AdapterProblem[],
  ) {
    super(
      problems,
      `The adapter was trained with a vocabulary of ${got} tokens, this model has ${expected}. Use ` +
        `model.withVocabulary(${got})`,
      "ADAPTER_VOCABULARY",
    );
  }
}

/** The adapter was trained on another base model: its shapes or fingerprint differ. Load the base model that it was trained on. */
export class DifferentBaseError extends AdapterMismatchError {
  constructor(
    readonly got: string,
    readonly expected: string,
    problems: readonly AdapterProblem[] = [],
  ) {
    // If nothing else differs, it may be the same base from other files: saved again, or as GGUF.
    const hint = problems.length > 0 ? "" : ", or allow it with `allowDifferentBase` if this one has the same weights";
    super(
      problems,
      `This adapter was trained on another base model (${printable(got)}; this one: ${expected}). ` +
        `Load that base model${hint}`,
      "ADAPTER_FOR_ANOTHER_BASE",
      3, // the other base explains the rest
    );
  }
}
