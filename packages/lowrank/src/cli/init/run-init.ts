// lowrank init: asks questions and writes a recipe, or prints the schema of recipes.

import { writeFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import { outputExists } from "../../errors/output-errors.ts";
import { UsageError } from "../../errors/usage-errors.ts";
import { exists } from "../../node/exists.ts";
import { type RecipeOption, recipeOptions } from "../../options/all-options.ts";
import { recipeSchema } from "../../recipe/recipe-schema.ts";
import { asYaml } from "../../recipe/write-recipe.ts";
import { type CommandIo, programName } from "../io.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { parserOf } from "../options/table-options.ts";
import type { Report } from "../terminal/report.ts";

export interface InitOptions extends CommonOptions {
  readonly schema?: boolean;
  readonly overwrite?: boolean;
}

/** Asks for the options of `train` and writes a recipe file, or prints the JSON Schema of recipes. Throws OUTPUT_EXISTS, UsageError. */
export async function runInit(file: string, { schema, overwrite }: InitOptions, report: Report): Promise<void> {
  if (schema === true) {
    report.io.stdout(`${JSON.stringify(recipeSchema(), null, 2)}\n`);
    return;
  }
  if (overwrite !== true && (await exists(file))) throw outputExists(file);
  const recipe = await askRecipe(report.io);
  await writeFile(file, await asYaml(recipe));
  report.print(`written to ${file}; try: ${programName(report.io)} train --recipe ${file}`);
}

/** The questions in order, with the meaning of an empty answer: null repeats the question, "" keeps the option's default. */
const questions: ReadonlyMap<string, string | null> = new Map([
  ["model", null],
  ["data", null],
  ["validationShare", ""],
  ["targetModules", ""],
  ["rank", ""],
  ["epochs", ""],
  ["learningRate", ""],
  ["out", "adapter"],
]);

/** The answers as a recipe. Throws a UsageError if the input ends before a required answer. */
async function askRecipe(io: CommandIo): Promise<ReadonlyMap<string, unknown>> {
  const answers = linesOf(io.stdin());
  const recipe = new Map<string, unknown>();
  for (const [name, standard] of questions) {
    const option = recipeOptions.get(name);
    if (option === undefined) throw new Error(`There is no option ${name} to ask for.`);
    io.stderr(`${name}: ${option.help}\n`);
    let value: unknown;
    do {
      io.stderr(standard ? `  [${standard}] > ` : "  > ");
      const answer = await answers.next();
      const text = (answer.done === true ? "" : answer.value).trim() || standard;
      if (text === null && answer.done === true) {
        io.stderr("\n");
        throw new UsageError(`The input ended before the answer for ${name}. In scripts, write the recipe as a file.`);
      }
      value = text === null ? undefined : text === "" ? null : parsed(text, option, io);
    } while (value === undefined);
    if (value !== null) recipe.set(name, value);
  }
  return recipe;
}

/** The answer as a value; prints the reason and returns undefined if it is invalid. */
function parsed(text: string, option: RecipeOption, io: CommandIo): unknown {
  if (option.argument?.endsWith("...>") === true) return text.split(/\s+/);
  try {
    return parserOf(option)?.(text) ?? text;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    io.stderr(`  ${error.message}\n`);
    return undefined;
  }
}

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of input) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
