// A command as data: its arguments, its options in the order of the help, and the function that runs it.

import { type Command, Option } from "commander";
import type { OptionGroup, ValueSchema } from "../options/option-table.ts";
import type { CommandIo } from "./io.ts";
import { shortenHelp } from "./options/help-lines.ts";
import { numberParser } from "./options/parse-values.ts";
import type { CommonOptions } from "./options/shared-options.ts";
import { addOptions, tableOption } from "./options/table-options.ts";
import { createReport, type Report } from "./terminal/report.ts";

/** The name of an option in the table, an option of this command only, a group of the table, or a heading for the options after it. */
export type CommandOption = string | Option | OptionGroup | { readonly heading: string };

interface CommandShape<Options extends CommonOptions, Words extends readonly unknown[]> {
  readonly name: string;
  /** Its line in the program's help. */
  readonly summary: string;
  readonly description: string;
  /** Positional arguments, for commander's `argument`. */
  readonly words?: readonly (readonly [name: string, help: string, standard?: string])[];
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  /** Loads and runs the command. The help does not load its code. */
  run(options: Options, report: Report, ...words: Words): Promise<void>;
}

export type AddCommand = (program: Command, io: CommandIo) => Command;

export function defineCommand<Options extends CommonOptions, Words extends readonly unknown[]>(
  shape: CommandShape<Options, Words>,
): AddCommand {
  const { name, summary, description, words = [], options, examples } = shape;
  return (program, io) => {
    const command = program.command(name).summary(summary).description(description);
    for (const word of words) command.argument(...word);
    for (const each of options) {
      if (typeof each === "string") command.addOption(tableOption(each));
      else if (each instanceof Option) command.addOption(each);
      else if ("rows" in each) addOptions(command, each);
      else command.optionsGroup(each.heading);
    }
    shortenHelp(withExamples(command, examples));
    return command.action((...typed: Words) => {
      const requested = command.opts<Options>();
      return shape.run(requested, createReport(io, requested), ...typed);
    });
  };
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText("after", `\nExample${examples.length > 1 ? "s" : ""}:\n  ${examples.join("\n  ")}`);
}

/** An option that the table does not have; a number by its schema, anything else as a parser reads its text. */
export function option(
  flags: string,
  help: string,
  value?: ValueSchema | ((text: string) => unknown),
  standard?: unknown,
): Option {
  const newOption = new Option(flags, help).default(standard);
  if (value === undefined) return newOption;
  return newOption.argParser(typeof value === "function" ? value : numberParser(value));
}
