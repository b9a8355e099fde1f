// What a recipe may say, made of the options of the command that it is for: there is no second list of them.

import { type Command, Option } from "commander";
import type { ValueParser, ValueSchema } from "../options/parse-values.ts";

/** A JSON Schema (draft 2020-12) of a recipe. */
export interface RecipeSchema {
  readonly $schema: string;
  readonly $id: string;
  readonly title: string;
  readonly description: string;
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, ValueSchema & { readonly description?: string }>>;
}

/** Where editors find the package's copy, which `lowrank init --schema` writes when it is built. */
export const schemaAddress = "https://unpkg.com/lowrank/dist/recipe.schema.json";

/** `--recipe` of commands that take one. */
export function recipeOption(): Option {
  return new Option(
    "--recipe <file>",
    "take options from a .yaml, .json or .ts file (lowrank init writes one); flags win",
  );
}

/** Options that are about the call and not about what it makes. */
const notOfRecipes: ReadonlySet<string> = new Set(["recipe", "json", "help", "overwrite", "resume"]);

/** The options that a recipe may have, by name; of a flag and its negation the flag. */
export function recipeOptions(command: Command): ReadonlyMap<string, Option> {
  const options = command.options.filter((option) => !option.negate && !notOfRecipes.has(option.attributeName()));
  return new Map(options.map((option) => [option.attributeName(), option]));
}

/** The schema of a command's recipes. */
export function recipeSchema(command: Command): RecipeSchema {
  const properties = [...recipeOptions(command)].map(([name, option]) => {
    return [name, { description: option.description, ...valueSchema(option) }] as const;
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaAddress,
    title: "A recipe of lowrank",
    description: "What `lowrank train --recipe` reads: the command's options by name. Flags on the command line win.",
    type: "object",
    additionalProperties: false,
    properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
  };
}

/** What an option's value may be. */
function valueSchema(option: Option): ValueSchema {
  if (option.isBoolean()) return { type: "boolean" };
  const one: ValueSchema =
    option.argChoices === undefined ? (parsedSchema(option) ?? { type: "string" }) : { enum: option.argChoices };
  if (option.variadic) return { anyOf: [one, { type: "array", items: one }] };
  return option.optional ? { anyOf: [{ type: "boolean" }, one] } : one;
}

function parsedSchema({ parseArg }: Option): ValueSchema | undefined {
  return parseArg !== undefined && "schema" in parseArg ? (parseArg as ValueParser<unknown>).schema : undefined;
}
