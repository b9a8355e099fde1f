// lowrank forward: one pass through a model, for comparing with other frameworks.

import { type Command, Option } from "commander";
import type { ForwardOptions } from "../forward/run-forward.ts";
import type { CommandIo } from "../io.ts";
import {
  adaptersOption,
  differentBaseOption,
  modelOption,
  outOption,
  withEngine,
  withExamples,
} from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addForwardCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("forward")
    .summary("run one forward pass and write its tensors")
    .description(
      "Runs one forward pass and writes logits (F32; last_hidden_state for a model without a head) and, when the inputs " +
        "have labels, the loss. The inputs are a JSON object of integer matrices: input_ids and, where the model takes " +
        "them, attention_mask, token_type_ids, decoder_input_ids, labels; for a multiple choice [batch][choices][time]; or " +
        "pixel_values for a model of images, beside input_ids where it reads both.",
    )
    .addOption(modelOption())
    .addOption(adaptersOption())
    .addOption(differentBaseOption())
    .addOption(new Option("--inputs <file>", "JSON file of model inputs").makeOptionMandatory())
    .addOption(outOption("safetensors file to write"))
    .option("--task <name>", "head to use instead of the one in config.json (causal-lm, sequence-classification, …)")
    .option("--overwrite", "replace --out if an earlier run wrote it");
  withExamples(
    withEngine(command),
    `echo '{"input_ids": [[1, 2, 3]]}' > inputs.json`,
    "lowrank forward --model ./tiny --inputs inputs.json --out out.safetensors",
  ).action(async (options: ForwardOptions) => {
    const { runForward } = await import("../forward/run-forward.ts");
    await runForward(options, createReport(io, options));
  });
}
