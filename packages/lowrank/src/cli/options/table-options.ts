// The options of the recipes' table as flags: names in lower case with dashes, and parsers made from their schemas.

import { type Command, InvalidArgumentError, Option } from "commander";
import { type RecipeOption, recipeOptions } from "../../options/all-options.ts";
import type { OptionGroup, ValueSchema } from "../../options/option-table.ts";
import { asFlags, flagName } from "../terminal/as-flags.ts";
import { columnNames, nameList, numberParser, targetModules } from "./parse-values.ts";

export function addOptions(command: Command, { heading, rows }: OptionGroup): Command {
  command.optionsGroup(heading);
  for (const [name, row] of Object.entries(rows)) {
    command.addOption(asOption({ name, ...row }));
    if (row.without !== undefined) command.option(`--no-${flagName(name).slice(2)}`, asFlags(row.without));
  }
  return command;
}

/** The option of a name as a flag, optionally with a help text for this command. */
export function tableOption(name: string, help?: string): Option {
  const option = recipeOptions.get(name);
  if (option === undefined) throw new Error(`There is no option ${name}.`);
  return asOption({ ...option, ...(help === undefined ? {} : { help }) });
}

function asOption(of: RecipeOption): Option {
  const { name, argument, help, value, standard, excludes = [], isNeeded = false } = of;
  const flag = flagName(name);
  const option = new Option(argument === undefined ? flag : `${flag} ${argument}`, asFlags(help));
  const parse = parserOf(of);
  if (value.enum !== undefined) option.choices(value.enum);
  else if (parse !== undefined) option.argParser(parse);
  if (standard !== undefined) option.default(standard);
  // An excluded option then has no value, not even its default.
  option.conflicts([...excludes]).implies(Object.fromEntries(excludes.map((each) => [each, undefined])));
  return option.makeOptionMandatory(isNeeded);
}

/** Parses the option's text; undefined if the text is the value, or if the option has several values. */
export function parserOf({ argument, value, expected }: RecipeOption): ((text: string) => unknown) | undefined {
  if (argument === undefined || argument.endsWith("...>")) return undefined;
  const { anyOf = [value] } = value;
  if (anyOf.some(({ type }) => type === "array") && anyOf.length > 1) return targetModules;
  const one = anyOf.find(({ type }) => type !== "boolean") ?? value;
  switch (one.type) {
    case "number":
    case "integer":
      return numberParser(one);
    case "object":
      return columnNames;
    case "array":
      return listParser(one, expected);
    default:
      return undefined;
  }
}

function listParser({ items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY }: ValueSchema, expected?: string) {
  const pattern = new RegExp(items.pattern ?? "", "u");
  return (text: string): readonly (string | number)[] => {
    const found =
      items.type === "number" || items.type === "integer" ? text.split(",").map(numberParser(items)) : nameList(text);
    const isRight =
      found.length >= minItems && found.length <= maxItems && found.every((each) => pattern.test(`${each}`));
    if (!isRight) throw new InvalidArgumentError(`Expected ${expected}.`);
    return found;
  };
}
