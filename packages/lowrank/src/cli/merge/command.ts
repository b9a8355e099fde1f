// lowrank merge: one model folder out of a base and an adapter.

import { InvalidArgumentError } from "commander";
import { numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { MergeOptions } from "./write-merged.ts";

type Dtype = NonNullable<MergeOptions["dtype"]>;

/** Number types of a merged model, with their names in torch, transformers and safetensors. */
const mergeDtypes: ReadonlyMap<Dtype, readonly string[]> = new Map<Dtype, readonly string[]>([
  ["as-base", ["auto"]],
  ["F32", ["fp32", "float32"]],
  ["F16", ["fp16", "float16"]],
  ["BF16", ["bfloat16"]],
  ...(["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"] as const).map((type) => [type, []] as const),
]);

function dtypeNamed(text: string): Dtype {
  const typed = text.toLowerCase();
  for (const [dtype, others] of mergeDtypes) if (dtype.toLowerCase() === typed || others.includes(typed)) return dtype;
  throw new InvalidArgumentError(`Allowed choices are ${[...mergeDtypes.keys()].join(", ")}.`);
}

const tiedChoices: readonly MergeOptions["tied"][] = ["refuse", "untie"];

export const addMergeCommand = defineCommand({
  name: "merge",
  summary: "merge an adapter into its base model",
  description:
    "Merges an adapter into its base model and writes a Hugging Face folder, or a .gguf file for llama.cpp. Weights are copied some rows at a time, so a model may be " +
    "larger than memory. --dtype as-base is the base's own type, which may round; the default is F32, with --to gguf as-base for a .gguf base, else F16. --tied untie " +
    "writes both weights of a table and its head if the adapter changes one of them: the model is larger. Without --tolerance, logits may differ by 1e-4, more if they are " +
    "beyond 16, and by any number if weights are rounded.",
  options: [
    "model",
    adaptersOption("PEFT adapter folder to merge").makeOptionMandatory(),
    "allowDifferentBase",
    tableOption("out", "folder to write"),
    option("--to <format>", "folder: Hugging Face's; gguf: a folder with model.gguf and Ollama's Modelfile")
      .choices(["folder", "gguf"])
      .default("folder"),
    option("--dtype <type>", "type: as-base, F32, F16, BF16; gguf also Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0", dtypeNamed),
    option(
      "--min-kept <share>",
      "gguf: refuse if rounding keeps less than this share of the adapter's change (default: 0.5)",
      numberIn({ min: 0, max: 1 }),
    ),
    option("--tied <choice>", "weights that two modules share and the adapter changes in one: refuse, or untie")
      .choices(tiedChoices)
      .default("refuse"),
    option(
      "--verify",
      "compare logits of the adapted and the merged model, as lowrank reads it, before --out is written",
    ),
    option(
      "--tolerance <number>",
      "with --verify: maximum difference of the logits (default: 1e-4, more for rounded weights)",
      numberIn({ above: 0 }),
    ),
    option("--plan", "print the files and the changed weights; write nothing"),
    option("--resume", "continue an interrupted merge"),
    option("--overwrite", "replace --out if lowrank wrote it"),
    ...computing,
  ],
  examples: ["lowrank merge --model ./tiny --adapter ./adapter --out ./merged"],
  run: async (options: MergeOptions, report) => (await import("./run-merge.ts")).runMerge(options, report),
});
