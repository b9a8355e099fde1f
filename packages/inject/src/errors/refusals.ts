// Planning continues after the first error, so that a user gets all errors of a configuration at once.

import { LowrankError } from "@lowrank/contracts";
import { SavedModuleNotFoundError, severalProblemsError, UnsupportedSiteError } from "./errors.ts";

/** Collects the errors of a plan's parts. */
export class Refusals {
  readonly #errors: LowrankError[] = [];

  get errors(): readonly LowrankError[] {
    return this.#errors;
  }

  add(...errors: readonly LowrankError[]): void {
    // Two parts with the same pattern give the same error.
    for (const error of errors)
      if (!this.#errors.some(({ message }) => message === error.message)) this.#errors.push(error);
  }

  /** Returns a part's result, or `otherwise` after a LowrankError. Other errors are rethrown. */
  attempt<Result>(part: () => Result, otherwise: Result): Result {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof LowrankError)) throw error;
      this.add(error);
      return otherwise;
    }
  }

  /** @throws the only error, or SEVERAL_PROBLEMS with all of them */
  throwIfAny(): void {
    const errors = together(this.#errors);
    const [first] = errors;
    if (first !== undefined) throw errors.length === 1 ? first : severalProblemsError(errors);
  }
}

/** Joins errors that are lists to one list. */
function together(errors: readonly LowrankError[]): readonly LowrankError[] {
  const sites = errors.filter((error) => error instanceof UnsupportedSiteError);
  const modules = errors.filter((error) => error instanceof SavedModuleNotFoundError);
  const others = errors.filter((error) => !sites.some((one) => one === error) && !modules.some((one) => one === error));
  return [
    ...others,
    ...(modules.length > 1 ? [joinedModules(modules)] : modules),
    ...(sites.length > 1 ? [new UnsupportedSiteError(sites.flatMap((error) => error.sites))] : sites),
  ];
}

function joinedModules(errors: readonly SavedModuleNotFoundError[]): SavedModuleNotFoundError {
  const unique = (names: readonly string[]) => [...new Set(names)];
  return new SavedModuleNotFoundError(
    unique(errors.flatMap(({ names }) => names)),
    unique(errors.flatMap(({ suggestions }) => suggestions)),
  );
}
