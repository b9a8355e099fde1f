// What commander says of wrong usage, said so that the next line typed is right.

import type { Command } from "commander";
import { withOurName } from "./other-names.ts";

/** The message of an option or a word that a command does not take, or lacks. */
export function usageMessage(message: string, command: Command): string {
  if (/required option/.test(message)) return missing(command);
  const [word] = command.args;
  if (/too many arguments/.test(message) && word !== undefined && command.registeredArguments.length === 0)
    return `error: "${word}" belongs to no option. ${listMeant(command) ?? `${command.name()} takes all by options, as --help shows.`}`;
  return withOurName(message, command);
}

/** The option that takes several with commas between, behind which they were typed with spaces, as PEFT's users do. */
function listMeant(command: Command): string | undefined {
  const typed = command.parent?.args ?? [];
  const [word] = command.args;
  const at = typed.findIndex((each, index) => each === word && !(typed[index - 1] ?? "-").startsWith("-"));
  const [flag, first] = typed.slice(at - 2, at);
  const option = command.options.find(({ long }) => long === flag);
  if (at < 2 || option === undefined || !/<names>$/.test(option.flags)) return undefined;
  return `Several go with commas between: ${flag} ${[first, ...command.args].join(",")}`;
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
