// What commander says of wrong usage, said so that the next line typed is right.

import type { Command } from "commander";
import { withOurName } from "./other-names.ts";

/** The message of an option or a word that a command does not take, or lacks. */
export function usageMessage(message: string, command: Command): string {
  if (/required option/.test(message)) return missing(command);
  const [word] = command.args;
  if (/too many arguments/.test(message) && word !== undefined && command.registeredArguments.length === 0)
    return `error: "${word}" belongs to no option. ${command.name()} takes all by options, as --help shows.`;
  return withOurName(message, command);
}

/** All that is missing at once; a base is, too, unless an adapter can say it. */
function missing(command: Command): string {
  const isGiven = (name: string) => command.getOptionValue(name) !== undefined;
  const needsBase = !isGiven("model") && !isGiven("adapter") && !isGiven("recipe");
  const names = command.options
    .filter((option) => !isGiven(option.attributeName()))
    .filter((option) => option.mandatory || (option.attributeName() === "model" && needsBase))
    .map(({ flags }) => flags);
  return `error: ${names.join(" and ")} ${names.length === 1 ? "is" : "are"} missing.`;
}
