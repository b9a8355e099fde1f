// lowrank forward: one pass through a model, for comparing with other frameworks.

import { defineCommand, option } from "../define-command.ts";
import { adaptersOption, computing } from "../options/shared-options.ts";
import { tableOption } from "../options/table-options.ts";
import type { ForwardOptions } from "./run-forward.ts";

export const addForwardCommand = defineCommand({
  name: "forward",
  summary: "run one forward pass and write its tensors",
  description:
    "Runs one forward pass and writes logits (F32; last_hidden_state for a model without a head) and, when the inputs " +
    "have labels, the loss. The inputs are a JSON object of integer matrices: input_ids and, where the model takes " +
    "them, attention_mask, token_type_ids, decoder_input_ids, labels; for a multiple choice [batch][choices][time]; or " +
    "pixel_values for a model of images, beside input_ids where it reads both.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    option("--inputs <file>", "JSON file of model inputs").makeOptionMandatory(),
    tableOption("out", "safetensors file to write"),
    option("--task <name>", "head to use instead of the one in config.json (causal-lm, sequence-classification, …)"),
    option("--overwrite", "replace --out if an earlier run wrote it"),
    ...computing,
  ],
  examples: [
    `echo '{"input_ids": [[1, 2, 3]]}' > inputs.json`,
    "lowrank forward --model ./tiny --inputs inputs.json --out out.safetensors",
  ],
  run: async (options: ForwardOptions, report) => (await import("./run-forward.ts")).runForward(options, report),
});
