// Writes the options of a run as a recipe that repeats it.

import { recipeOptions } from "../options/all-options.ts";
import { schemaAddress } from "./recipe-schema.ts";

export const recipeFile = "recipe.yaml";

/** The output folder is left out, since a repeated run needs another one. */
const notRepeated: ReadonlySet<string> = new Set(["out"]);

/** The options that are set, including defaults, in the order of their table. */
export function recipeText(options: object): Promise<string> {
  const values = new Map<string, unknown>(Object.entries(options));
  const names = [...recipeOptions.keys()].filter((name) => !notRepeated.has(name) && values.get(name) !== undefined);
  return asYaml(new Map(names.map((name) => [name, values.get(name)] as const)));
}

/** A recipe as YAML; editors find the schema through its first line. */
export async function asYaml(recipe: ReadonlyMap<string, unknown>): Promise<string> {
  const { stringify } = await import("yaml");
  return `# yaml-language-server: $schema=${schemaAddress}\n${stringify(Object.fromEntries(recipe))}`;
}
