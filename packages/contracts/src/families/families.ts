// The table of all families, which `rows.ts` lists.

import { unsupportedModelError } from "./errors.ts";
import type { Family } from "./family.ts";
import * as rows from "./rows.ts";

/** Every supported model family. */
export const families: readonly Family[] = Object.values(rows);

const familiesByType: ReadonlyMap<string, Family> = new Map(families.map((family) => [family.modelType, family]));

/** Every supported `model_type`, sorted. */
export const supportedModelTypes: readonly string[] = [...familiesByType.keys()].sort();

/**
 * The family of transformers' `model_type`.
 *
 * @throws UNSUPPORTED_MODEL if there is none; the error lists all supported types.
 * @example
 * ```ts
 * import { familyOf } from "@lowrank/contracts/families";
 *
 * if (familyOf("gpt2").basePrefix !== "transformer") throw new Error("unexpected prefix");
 * ```
 */
export function familyOf(modelType: string): Family {
  const family = familiesByType.get(modelType);
  if (!family) throw unsupportedModelError(modelType, supportedModelTypes);
  return family;
}
