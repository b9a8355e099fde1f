// Options as transformers, TRL and PEFT call them, typed from habit, and what they are called here.

import type { Command } from "commander";

const ourNames = new Map([
  ["--dataset", "--data"],
  ["--train-file", "--data"],
  ["--validation-file", "--validation"],
  ["--model-name-or-path", "--model"],
  ["--output", "--out"],
  ["--output-dir", "--out"],
  ["--r", "--rank"],
  ["--lora-r", "--rank"],
  ["--lora-alpha", "--alpha"],
  ["--lora-dropout", "--dropout"],
  ["--lora-target-modules", "--target-modules"],
  ["--lr", "--learning-rate"],
  ["--lr-scheduler-type", "--schedule"],
  ["--num-epochs", "--epochs"],
  ["--num-train-epochs", "--epochs"],
  ["--max-steps", "--steps"],
  ["--per-device-train-batch-size", "--batch-size"],
  ["--gradient-accumulation-steps", "--accumulate"],
  ["--max-grad-norm", "--clip-norm"],
  ["--max-seq-length", "--max-length"],
  ["--resume-from-checkpoint", "--resume"],
  ["--eval-steps", "--eval-every"],
  ["--save-steps", "--save-every"],
  ["--max-tokens", "--max-new-tokens"],
  ["--device", "--engine"],
]);

/** A message about an unknown option of the command, with our name for it where commander found none that is similar. */
export function withOurName(message: string, command: Command): string {
  const [, typed] = /unknown option '([^'=]+)/.exec(message) ?? [];
  if (typed === undefined || message.includes("Did you mean")) return message;
  const ours = ourNames.get(typed.toLowerCase().replaceAll("_", "-"));
  const isKnown = command.options.some(({ long }) => long === ours);
  return isKnown ? `${message.trimEnd()}\n(Here it is called ${ours}.)` : message;
}
