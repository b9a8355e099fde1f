// A recipe with its defaults.

import { RecipeError, UsageError } from "../errors/usage-errors.ts";
import { isTargetPattern } from "../options/adapter-options.ts";
import { recipeOptions } from "../options/all-options.ts";
import { recipeProblems } from "./check-recipe.ts";
import type { CompleteRecipe, Recipe } from "./recipe.ts";

/** The recipe's name for messages, and the output folder if it is not in the recipe. */
export interface RecipeContext {
  readonly name: string;
  readonly out?: string | undefined;
}

/** Adds the table's defaults to a recipe. Throws RecipeError. */
export function completeRecipe(
  recipe: Readonly<Record<string, unknown>> | Recipe,
  { name, out }: RecipeContext,
): CompleteRecipe {
  const isThere = ([key, value]: readonly [string, unknown]) =>
    value !== undefined && !(value === false && isFlag(key));
  const { $schema: _, ...options } = Object.fromEntries(
    Object.entries({ ...recipe, ...(out === undefined ? {} : { out }) }).filter(isThere),
  );
  const problems = [...recipeProblems(options), ...contradictions(options), ...missing(options)];
  if (problems.length > 0) throw new RecipeError(name, problems);
  const values = [...recipeOptions.values()].flatMap(({ name: key, argument, standard, value: { anyOf } }) => {
    const value = options[key] ?? (isExcluded(key, options) ? undefined : standard);
    if (value === undefined) return [];
    if (typeof value === "string" && argument?.endsWith("...>") === true) return [[key, [value]] as const];
    const isNames = typeof value === "string" && anyOf !== undefined && !isTargetPattern(value);
    return [[key, isNames ? value.split(",").map((each) => each.trim()) : value] as const];
  });
  // The values were checked against the table and its schema above.
  const complete = Object.fromEntries(values) as unknown as CompleteRecipe;
  if (complete.model === undefined && complete.adapter === undefined) {
    throw new UsageError("The recipe has no model. Add a base model, or an adapter that names its base.");
  }
  return complete;
}

/** A flag that is off is absent, unless it has a `without` word. */
function isFlag(name: string): boolean {
  const { value = {}, without } = recipeOptions.get(name) ?? {};
  return without === undefined && [value, ...(value.anyOf ?? [])].some(({ type }) => type === "boolean");
}

function missing(options: Readonly<Record<string, unknown>>): readonly string[] {
  const needed = [...recipeOptions.values()].filter(
    ({ name, isNeeded }) => isNeeded === true && options[name] === undefined,
  );
  return needed.map(({ name, help }) => `${name}: is missing (${help})`);
}

function contradictions(options: Readonly<Record<string, unknown>>): readonly string[] {
  return [...recipeOptions.values()].flatMap(({ name, excludes = [] }) => {
    const both = options[name] === undefined ? [] : excludes.filter((each) => options[each] !== undefined);
    return both.map((each) => `${name}: cannot be combined with ${each}`);
  });
}

function isExcluded(name: string, options: Readonly<Record<string, unknown>>): boolean {
  return [...recipeOptions.values()].some((each) => options[each.name] !== undefined && each.excludes?.includes(name));
}
