// The JSON schema of recipes, for editors and other programs.

import { omitUndefined } from "../omit-undefined.ts";
import { recipeOptions } from "../options/all-options.ts";
import type { ValueSchema } from "../options/option-table.ts";

/** URL of the package's copy, which `lowrank init --schema` writes during the build. */
export const schemaAddress = "https://unpkg.com/lowrank/dist/recipe.schema.json";

export function recipeSchema() {
  const options = [...recipeOptions].map(([name, { help, detail, value, standard }]) => {
    const description = detail === undefined ? help : `${help}. ${detail}`;
    return [name, { description, ...value, ...omitUndefined({ default: standard }) }] as const;
  });
  const properties: Readonly<Record<string, ValueSchema & { readonly description?: string }>> = {
    $schema: { type: "string" },
    ...Object.fromEntries(options),
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaAddress,
    title: "A recipe of lowrank",
    description: "What `lowrank train --recipe` reads: the command's options by name. Flags on the command line win.",
    type: "object",
    additionalProperties: false,
    properties,
  };
}
