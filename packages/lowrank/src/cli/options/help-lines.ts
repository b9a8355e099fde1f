// The help of options: one line of at most 100 characters each. Long lists first show only the common options.

import type { Command, Option } from "commander";
import { commonOptions, recipeOptions } from "../../options/all-options.ts";

export const maxHelpLine = 100;
const optionsPage = "https://github.com/lowrank/lowrank/blob/main/docs/options.md";

/** Help, choices and default of an option. Choices that do not fit are only on the page of options and in the error. */
export function helpLine({ description, argChoices = [], defaultValue, required, optional }: Option): string {
  const standard = defaultValue === undefined || !(required || optional) ? "" : ` (default: ${defaultValue})`;
  const isListed = argChoices.length === 0 || argChoices.every((choice) => description.includes(choice));
  const [, before = description, rest = ""] = /^(.*?)( \(default: .*\))$/.exec(description) ?? [];
  const whole = `${before}: ${argChoices.join(", ")}${rest}${standard}`;
  return isListed || whole.length > maxHelpLine ? `${description}${standard}` : whole;
}

/** Lets --help of a command with many options show the common ones, and ends it with the address of the page of options. */
export function shortenHelp(command: Command): void {
  const { options } = command;
  if (options.some((option) => recipeOptions.get(option.attributeName())?.detail !== undefined))
    command.addHelpText("after", `\nOptions in detail: ${optionsPage}`);
  if (options.length < 40) return;
  const rare = new Set(options.filter((option) => !commonOptions.has(option.attributeName())));
  command.option("--help-all", `print all options, ${rare.size} more`).on("option:help-all", () => {
    rare.clear();
    command.help();
  });
  // Not earlier, because commander suggests no hidden option for a misspelt one.
  command.on("beforeHelp", () => {
    const help = command.createHelp();
    const visibleOptions = () => help.visibleOptions(command).filter((option) => !rare.has(option));
    command.configureHelp({ optionDescription: helpLine, visibleOptions });
  });
}
