// lowrank merge: one model folder out of a base and an adapter.

import { InvalidArgumentError } from "commander";
import { numberIn } from "../../options/option-table.ts";
import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { MergeOptions } from "./write-merged.ts";

type Dtype = NonNullable<MergeOptions["dtype"]>;

/** Number types that a merged model can be written in, with what torch, transformers and safetensors call them. */
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
  summary: "fold an adapter into its base model",
  description:
    "Folds an adapter into its base model and writes a Hugging Face folder, or a .gguf file for llama.cpp. Weights pass from file to file some rows at " +
    "a time, so that a model larger than memory can be merged.",
  options: [
    "model",
    adaptersOption("PEFT adapter folder to fold in").makeOptionMandatory(),
    "allowDifferentBase",
    tableOption("out", "folder to write"),
    option(
      "--to <format>",
      "folder: a Hugging Face folder; gguf: a folder with model.gguf, for llama.cpp, and Ollama's Modelfile",
    )
      .choices(["folder", "gguf"])
      .default("folder"),
    option(
      "--dtype <type>",
      "number type of the written weights: as-base is the base's own, which may round; F32, F16, BF16; with --to gguf also " +
        "Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0 (default: F32; with --to gguf as-base of a .gguf base, else F16)",
      dtypeNamed,
    ),
    option(
      "--least-kept <share>",
      "with --to gguf: refuse if rounding leaves less than this share of what the adapter does to weights (default: 0.5)",
      numberIn({ min: 0, max: 1 }),
    ),
    option(
      "--tied <choice>",
      "where the adapter changes one of two modules that share a weight, as a table and its head do: refuse, or untie " +
        "them – the merged model then has both weights, and is larger",
    )
      .choices(tiedChoices)
      .default("refuse"),
    option(
      "--verify",
      "load the adapted and the written model, too, and compare their logits on a sample input before --out is there",
    ),
    option(
      "--tolerance <number>",
      "with --verify: largest difference of merged and adapted logits (default: 1e-4, more for logits beyond 16, and any " +
        "where weights are rounded)",
      numberIn({ above: 0 }),
    ),
    option("--plan", "say which files would be written and which weights would change; write nothing"),
    option("--resume", "go on with what a killed run left"),
    option("--overwrite", "replace --out if an earlier run wrote it"),
    ...computing,
  ],
  examples: ["lowrank merge --model ./tiny --adapter ./adapter --out ./merged"],
  run: async (options: MergeOptions, report) => (await import("./run-merge.ts")).runMerge(options, report),
});
