// Reads a recipe file as plain data. YAML and JSON may be from strangers, so they are limited; a program is executed, as requested.

import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { isObject, JsonError, parseJson } from "@lowrank/contracts/internal";
import { named } from "../errors/named-option.ts";
import { PathNotFoundError, RecipeError } from "../errors/usage-errors.ts";
import { defaultExport } from "../node/default-export.ts";

/** A recipe is about a page long. */
const maxBytes = 1_000_000;
/** An alias can refer to a list of aliases, and so on: a few lines could expand to fill the memory. */
const maxAliases = 100;
const maxLevels = 100;

/** Reads .yaml, .yml and .json, and the default export of .ts, .mts, .js and .mjs. Throws RecipeError, PathNotFoundError. */
export async function readRecipe(file: string): Promise<Readonly<Record<string, unknown>>> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined)
    throw new PathNotFoundError(named("recipe"), file, "a .yaml, .json or .ts file (lowrank init writes one)");
  if (facts.size > maxBytes) throw new RecipeError(file, [`it has ${facts.size} bytes; the maximum is ${maxBytes}`]);
  const value = await readKind(file);
  if (isObject(value)) return value;
  throw new RecipeError(file, [`expected option names with values, got ${JSON.stringify(value) ?? "nothing"}`]);
}

async function readKind(file: string): Promise<unknown> {
  const kind = extname(file).toLowerCase();
  if ([".ts", ".mts", ".js", ".mjs"].includes(kind)) return exported(file);
  const text = await readFile(file, "utf8");
  if (kind === ".json") return fromJson(file, text);
  if (kind === ".yaml" || kind === ".yml") return fromYaml(file, text);
  throw new RecipeError(file, ["unknown file type; use .yaml, .json or .ts"]);
}

function fromJson(file: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new RecipeError(file, [`it ${error.reason}`]);
    throw error;
  }
}

/** YAML 1.2's core schema: no custom types, no merging of maps, no duplicate keys. */
async function fromYaml(file: string, text: string): Promise<unknown> {
  const { Lexer, Parser, parseDocument } = await import("yaml");
  const parser = new Parser();
  // The library ends levels recursively, also in its parser, and a nearly full stack can end the process.
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > maxLevels)
      throw new RecipeError(file, [`its lists and mappings are nested deeper than ${maxLevels}`]);
  }
  const document = parseDocument(text, { version: "1.2", schema: "core", uniqueKeys: true, merge: false });
  const problems = [...document.errors, ...document.warnings].map(({ message }) => message.split("\n")[0] ?? message);
  if (problems.length > 0) throw new RecipeError(file, problems);
  try {
    const value: unknown = document.toJS({ maxAliasCount: maxAliases });
    JSON.stringify(value); // fails for a list that contains itself
    return value;
  } catch (error) {
    throw new RecipeError(file, [error instanceof Error ? error.message : String(error)]);
  }
}

async function exported(file: string): Promise<unknown> {
  try {
    return await defaultExport(file);
  } catch (error) {
    throw new RecipeError(file, [error instanceof Error ? error.message : String(error)]);
  }
}
