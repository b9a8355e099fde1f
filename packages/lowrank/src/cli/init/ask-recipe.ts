// A recipe by asking: each answer is read as the option would be, and asked for again where it cannot be.

import { InvalidArgumentError } from "commander";
import { UsageError } from "../../errors/usage-errors.ts";
import { type RecipeOption, recipeOptions } from "../../options/all-options.ts";
import type { CommandIo } from "../io.ts";
import { parserOf } from "../options/table-options.ts";

/** What is asked, in order, and what an empty answer means: null asks again, "" leaves the option to its default. */
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

/** The answers as a recipe. Throws a UsageError where the input ends before what is needed was said. */
export async function askRecipe(io: CommandIo): Promise<ReadonlyMap<string, unknown>> {
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
        throw new UsageError(`The input ended before ${name} was said; in scripts write the recipe as a file.`);
      }
      value = text === null ? undefined : text === "" ? null : parsed(text, option, io);
    } while (value === undefined);
    if (value !== null) recipe.set(name, value);
  }
  return recipe;
}

/** Undefined, with a word on why, for what the option does not take. */
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
