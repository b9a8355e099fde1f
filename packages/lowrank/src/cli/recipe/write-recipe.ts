// The options of a run as a recipe that repeats it.

import type { Command } from "commander";
import { recipeOptions, schemaAddress } from "./recipe-schema.ts";

/** The file beside an adapter. */
export const recipeFile = "recipe.yaml";

/** Writes the recipe, with what the run found out: which engine computes, where none was asked for. */
export type RecipeWriter = (found: { readonly engine: string; readonly data: readonly string[] }) => Promise<string>;

/** Where the adapter went is for whoever repeats the run to say again. */
const notRepeated: ReadonlySet<string> = new Set(["out"]);

/** For a call of the command with these options, defaults among them. */
export function recipeWriter(command: Command, options: object): RecipeWriter {
  const names = [...recipeOptions(command).keys()].filter((name) => !notRepeated.has(name));
  const values = new Map<string, unknown>(Object.entries(options));
  return async (found) => {
    const given = names
      .filter((name) => values.get(name) !== undefined)
      .map((name) => [name, values.get(name)] as const);
    return recipeText(new Map<string, unknown>([...given, ...Object.entries(found)]));
  };
}

/** A recipe as YAML; editors find the schema by its first line. */
export async function recipeText(recipe: ReadonlyMap<string, unknown>): Promise<string> {
  const { stringify } = await import("yaml");
  return `# yaml-language-server: $schema=${schemaAddress}\n${stringify(Object.fromEntries(recipe))}`;
}
