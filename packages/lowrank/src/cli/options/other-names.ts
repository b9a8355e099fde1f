// Options as transformers, TRL and PEFT call them, typed from habit, and what they are called here.

import type { Command } from "commander";

const ourNames = new Map([
  ["--dataset", "--data"],
  ["--train-file", "--data"],
  ["--validation-split", "--validation-share"],
  ["--val-split", "--validation-share"],
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
  ["--packing", "--batch-tokens"],
  ["--sample-packing", "--batch-tokens"],
  ["--tokens-per-step", "--batch-tokens"],
  ["--gradient-accumulation-steps", "--accumulate"],
  ["--max-grad-norm", "--clip-norm"],
  ["--max-seq-length", "--max-length"],
  ["--resume-from-checkpoint", "--resume"],
  ["--eval-steps", "--eval-every"],
  ["--tensorboard", "--tensor-board"],
  ["--save-steps", "--save-every"],
  ["--max-tokens", "--max-new-tokens"],
  ["--device", "--engine"],
  ["--iters", "--steps"],
  ["--adapter-path", "--adapter"],
  ["--adapter-file", "--adapter"],
  ["--load-in-4bit", "--base-precision nf4"],
  ["--qlora", "--base-precision nf4"],
  ["--load-in-8bit", "--base-precision int8"],
  ["--preference-loss", "--loss"],
  ["--dpo-loss", "--loss"],
  ["--dtype", "--base-precision"],
  ["--torch-dtype", "--base-precision"],
  ["--bf16", "--base-precision bf16"],
  ["--num-layers", "--lora-config with layers_to_transform"],
  ["--layers-to-transform", "--lora-config with layers_to_transform"],
]);

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
  const ours = ourNames.get(name);
  const isKnown = command.options.some(({ long }) => long === ours?.split(" ")[0]);
  return isKnown ? `${message.trimEnd()}\n(Here it is called ${ours}.)` : message;
}
