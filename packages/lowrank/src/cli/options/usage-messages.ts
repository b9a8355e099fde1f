// Rewrites commander's messages about wrong usage, so that they lead to a correct command line.

import { editDistance } from "@lowrank/contracts/internal";
import type { Command } from "commander";
import { ourName } from "../../options/other-names.ts";

/** The message of an option or a word that a command does not take, or lacks. */
export function usageMessage(message: string, command: Command): string {
  if (/required option/.test(message)) return missing(command);
  const [word] = command.args;
  const isExtra = /too many arguments/.test(message) && command.registeredArguments.length === 0;
  if (!isExtra || word === undefined) return withOurName(message, command);
  const hasPrompt = command.options.some(({ long }) => long === "--prompt");
  const hint = hasPrompt ? `write a prompt as --prompt ${JSON.stringify(word)}` : "see --help";
  return `error: "${word}" is not an option. ${listMeant(command) ?? `${command.name()} takes options only; ${hint}.`}`;
}

/** The option that takes several with commas between, behind which they were typed with spaces, as PEFT's users do. */
function listMeant(command: Command): string | undefined {
  const typed = command.parent?.args ?? [];
  const [word] = command.args;
  const at = typed.findIndex((each, index) => each === word && !(typed[index - 1] ?? "-").startsWith("-"));
  const [flag, first] = typed.slice(at - 2, at);
  const option = command.options.find(({ long }) => long === flag);
  if (at < 2 || option === undefined || !/<names>$/.test(option.flags)) return undefined;
  return `Separate several values with commas: ${flag} ${[first, ...command.args].join(",")}`;
}

/** An error for an unknown option, before commander reports it, else for all missing options. An adapter can name the base model. */
function missing(command: Command): string {
  const unknown = command.args.find((each) => /^-+\w/.test(each))?.split("=")[0];
  if (unknown !== undefined) return withOurName(`error: unknown option '${unknown}'`, command);
  const isGiven = (name: string) => command.getOptionValue(name) !== undefined;
  const needsBase = !isGiven("model") && !isGiven("adapter") && !isGiven("recipe");
  const names = command.options
    .filter((option) => !isGiven(option.attributeName()))
    .filter((option) => option.mandatory || (option.attributeName() === "model" && needsBase))
    .map(({ flags }) => flags);
  return `error: ${names.join(" and ")} ${names.length === 1 ? "is" : "are"} missing.`;
}

/** Options of other programs for something that lowrank always does. */
const unneeded = new Map([
  ["--mask-prompt", "Only answers are trained, never prompts."],
  ["--completion-only-loss", "Only answers are trained, never prompts."],
  ["--report-to", "Every run writes metrics.jsonl next to the adapter; --tensor-board and --report write more."],
  ["--fp16", "Training is in float32; --base-precision stores the base in fewer bits."],
]);

/** A message about an unknown option of the command, with our name for it rather than the similar one that commander may find. */
function withOurName(message: string, command: Command): string {
  const [, typed] = /unknown option '([^'=]+)/.exec(message) ?? [];
  if (typed === undefined) return message;
  const name = typed.toLowerCase().replaceAll("_", "-");
  const advice = unneeded.get(name);
  if (advice !== undefined && command.name() === "train") return `${message.split("\n")[0]}\n(${advice})`;
  if (message.includes("Did you mean")) return message;
  const ours = ourName(typed);
  const isKnown = command.options.some(({ long }) => long === ours?.split(" ")[0]);
  if (isKnown) return `${message.trimEnd()}\n(Here it is called ${ours}.)`;
  const near = command.options.find(({ long }) => editDistance(long ?? "", name) <= 2)?.long;
  return near === undefined ? message : `${message.trimEnd()}\n(Did you mean ${near}?)`;
}

/** Refuses an option that is given twice, if it has one value. */
export function refuseRepeats(command: Command): void {
  for (const option of command.options) {
    if (option.variadic || !(option.required || option.optional)) continue;
    const values: string[] = [];
    command.on(`option:${option.name()}`, (value: string) => {
      values.push(value);
      if (values.length === 1) return;
      const listedValues = values.map((text) => `"${text}"`).join(" and ");
      const advice = repeatable.get(option.name()) ?? "Give it once.";
      command.error(`error: --${option.name()} takes one value and was given ${listedValues}. ${advice}`);
    });
  }
}

const repeatable: ReadonlyMap<string, string> = new Map([
  ["adapter", "Only one adapter is trained at a time. lowrank merge puts others into the base."],
]);
