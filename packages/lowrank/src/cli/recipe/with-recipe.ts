// Puts the arguments of a recipe before those of the command line. One parser checks both, and flags win. Aliases from other programs become our flags.

import { type Command, Option } from "commander";
import { RecipeError } from "../../errors/usage-errors.ts";
import { recipeOptions } from "../../options/all-options.ts";
import { acceptedFlag } from "../../options/other-names.ts";
import { recipeProblems } from "../../recipe/check-recipe.ts";
import { readRecipe } from "../../recipe/read-recipe.ts";

export function recipeOption(): Option {
  return new Option("--recipe <file>", "read options from a .yaml, .json or .ts file; flags win");
}

/** The arguments, with those of the recipe that they name. Throws RecipeError, PathNotFoundError. */
export async function withRecipe(
  typed: readonly string[],
  program: Command,
  { isAlone = true } = {},
): Promise<string[]> {
  const path = commandsIn(typed, program);
  const command = path.at(-1);
  const argv = typed.map((text) => asOurFlag(text, { command, isAlone }));
  const file = recipeIn(argv);
  if (command === undefined || file === undefined || !command.options.some(({ long }) => long === "--recipe"))
    return [...argv];
  const recipe = await readRecipe(file);
  const problems = recipeProblems(recipe);
  if (problems.length > 0) throw new RecipeError(file, problems);
  const names = path.map((each) => each.name());
  return [...names, ...recipeArguments(recipe, command, argv), ...argv.slice(names.length)];
}

/** A flag of transformers, PEFT or TRL as ours; one that the command has, and all else, as it is. */
function asOurFlag(
  text: string,
  { command, isAlone }: { readonly command: Command | undefined; readonly isAlone: boolean },
) {
  const [, typed = "", rest = ""] = /^(--[^=]+)(=.*)?$/s.exec(text) ?? [];
  const ours = acceptedFlag(typed);
  // A batch of several processes is of all together, not of each device.
  const isOther = !isAlone && /per.device/.test(typed);
  return !isOther && command?.options.some(({ long }) => long === ours) ? `${ours}${rest}` : text;
}

/** The called command, after its parent commands: `data preview`. */
function commandsIn([name, ...rest]: readonly string[], program: Command): readonly Command[] {
  const command = program.commands.find((each) => each.name() === name);
  return command === undefined ? [] : [command, ...commandsIn(rest, command)];
}

/** The file after --recipe, in one of the two ways in which options have values. */
function recipeIn(argv: readonly string[]): string | undefined {
  const index = argv.findIndex((text) => text === "--recipe" || text.startsWith("--recipe="));
  const found = argv[index];
  return found === "--recipe" ? argv[index + 1] : found?.slice("--recipe=".length);
}

/** The recipe's options, without those that a flag replaces or excludes. */
function recipeArguments(
  recipe: Readonly<Record<string, unknown>>,
  command: Command,
  argv: readonly string[],
): readonly string[] {
  const typed = new Set(argv.map((text) => text.split("=", 1)[0]));
  const flags = command.options.filter(({ long }) => typed.has(long ?? undefined));
  return Object.entries(recipe).flatMap(([name, value]) => {
    const option = command.options.find((each) => !each.negate && each.attributeName() === name);
    if (option === undefined || !recipeOptions.has(name) || flags.some((flag) => overrules(flag, option))) return [];
    return argumentsOf(option, value, command);
  });
}

function overrules(flag: Option, option: Option): boolean {
  const [one, other] = [flag.attributeName(), option.attributeName()];
  return one === other || excludes(flag, other) || excludes(option, one);
}

/** Commander stores the names passed to `conflicts`, but has no way to read them. */
function excludes(option: Option, name: string): boolean {
  const { conflictsWith } = option as Option & { readonly conflictsWith: readonly string[] };
  return conflictsWith.includes(name);
}

/** Values that the schema allows, as they are typed. */
function argumentsOf(option: Option, value: unknown, command: Command): readonly string[] {
  const flag = option.long ?? "";
  if (value === true) return [flag];
  if (value === false) {
    const negation = command.options.find((each) => each.negate && each.attributeName() === option.attributeName());
    return negation?.long === undefined || negation.long === null ? [] : [negation.long];
  }
  if (option.variadic) return [value].flat().map((each) => `${flag}=${each}`);
  if (Array.isArray(value)) return [`${flag}=${value.join(",")}`];
  if (typeof value !== "object" || value === null) return [`${flag}=${value}`];
  return [
    `${flag}=${Object.entries(value)
      .map((pair) => pair.join("="))
      .join(",")}`,
  ];
}
