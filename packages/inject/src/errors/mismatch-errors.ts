// In what an adapter and a model can differ, and the errors that say so.

import { itemized, LowrankError, listed, maxListed, printable } from "@lowrank/contracts";

/** One thing in which an adapter and a model differ. */
export type AdapterProblem =
  | {
      readonly kind: "shape";
      readonly key: string;
      readonly got: readonly number[];
      readonly expected: readonly number[];
    }
  /** A factor's rank and the one that the configuration gives its layer. */
  | { readonly kind: "rank"; readonly key: string; readonly got: number; readonly expected: number }
  /** The first value that is no number, and where it stands, row by row. */
  | { readonly kind: "non-finite"; readonly key: string; readonly got: number; readonly position: number }
  /** A name in target_modules that no module has, with the nearest ones; a warning unless more is wrong. */
  | { readonly kind: "unmatched-target"; readonly key: "target_modules"; readonly reason: string }
  | { readonly kind: "unknown-path"; readonly key: string; readonly path: string; readonly nearest: readonly string[] }
  | { readonly kind: "not-targeted"; readonly key: string; readonly path: string }
  /** `partner`: the other half of its pair, where that is there. */
  | { readonly kind: "missing"; readonly key: string; readonly partner?: string }
  | { readonly kind: "unsupported"; readonly key: string; readonly reason: string };

function describe(problem: AdapterProblem): string {
  const key = printable(problem.key);
  switch (problem.kind) {
    case "shape":
      return `${key}: shape [${problem.got.join(", ")}], this model needs [${problem.expected.join(", ")}]`;
    case "rank":
      return `${key}: rank ${problem.got}, but the configuration says ${problem.expected} (r, or rank_pattern)`;
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
      return `${key}: the configuration asks for it, the file ${problem.partner === undefined ? "does not have it" : `has only the other half, ${printable(problem.partner)}`}`;
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
    shown = maxListed,
  ) {
    super(
      code,
      `${summary}${problems.length ? `; ${count(problems.length)}:` : "."}${itemized(everyKindFirst(problems).slice(0, shown).map(describe), problems.length)}`,
    );
  }
}

/** A long list is cut: something of each kind comes before the rest. */
function everyKindFirst(problems: readonly AdapterProblem[]): readonly AdapterProblem[] {
  if (problems.length <= maxListed) return problems;
  const first = new Set([...new Map([...problems].reverse().map((problem) => [problem.kind, problem])).values()]);
  return [...problems.filter((one) => first.has(one)), ...problems.filter((one) => !first.has(one))];
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

/** The adapter was made for another base model, as its shapes or the fingerprint in its metadata say. */
export class DifferentBaseError extends AdapterMismatchError {
  constructor(
    readonly got: string,
    readonly expected: string,
    problems: readonly AdapterProblem[] = [],
  ) {
    // Where nothing else differs it may be the same base from other files: saved anew, or as GGUF.
    const way = problems.length > 0 ? "" : ", or allow it with `allowDifferentBase` if this one holds the same weights";
    super(
      problems,
      `This adapter was made for another base model (${printable(got)}; this one is ${expected}). ` +
        `Load the base that it was trained on${way}`,
      "ADAPTER_FOR_ANOTHER_BASE",
      3, // the base says it all
    );
  }
}
