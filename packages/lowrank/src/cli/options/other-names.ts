// Options of other programs, typed from habit, and what they are called here.

import type { Command } from "commander";
import { ourName } from "../../recipe/other-names.ts";

/** Options of others for what happens here by itself. */
const unneeded = new Map([
  ["--mask-prompt", "Prompts are never trained here, only answers are."],
  ["--completion-only-loss", "Prompts are never trained here, only answers are."],
  ["--report-to", "Every run writes metrics.jsonl beside the adapter; --tensor-board and --report write more."],
  ["--fp16", "Numbers are float32 here; --base-precision keeps the base in fewer bits."],
]);

/** A message about an unknown option of the command, with our name for it rather than the similar one that commander may find. */
export function withOurName(message: string, command: Command): string {
  const [, typed] = /unknown option '([^'=]+)/.exec(message) ?? [];
  if (typed === undefined) return message;
  const name = typed.toLowerCase().replaceAll("_", "-");
  const advice = unneeded.get(name);
  if (advice !== undefined && command.name() === "train") return `${message.split("\n")[0]}\n(${advice})`;
  if (message.includes("Did you mean")) return message;
  const ours = ourName(typed);
  const isKnown = command.options.some(({ long }) => long === ours?.split(" ")[0]);
  return isKnown ? `${message.trimEnd()}\n(Here it is called ${ours}.)` : message;
}
