// Checks a recipe against the schema and explains problems with the recipe's own names.

import { nearestName } from "../nearest-name.ts";
import { describeSchema, fits } from "../options/fits-schema.ts";
import { ourName } from "../options/other-names.ts";
import { recipeSchema } from "./recipe-schema.ts";

/** One line for each problem; empty for a valid recipe. */
export function recipeProblems(recipe: Readonly<Record<string, unknown>>): readonly string[] {
  const { properties } = recipeSchema();
  const names = Object.keys(properties);
  return Object.entries(recipe).flatMap(([name, value]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (schema === undefined) return [unknownName(name, names)];
    return fits(value, schema) ? [] : [`${name}: expected ${describeSchema(schema)}, got ${JSON.stringify(value)}`];
  });
}

function unknownName(name: string, names: readonly string[]): string {
  const camelName = camelCase(name);
  const [ours = "", ...value] = ourName(name)?.split(" ") ?? [];
  if (names.includes(camelCase(ours))) {
    return `${name}: unknown option; use ${[camelCase(ours), ...value].join(": ")}`;
  }
  const nearest = nearestName(camelName, names);
  return `${name}: unknown option${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

/** From the spelling of flags: learning-rate, learning_rate. */
function camelCase(name: string): string {
  return name.replace(/^-+/, "").replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase());
}
