// npm run forward: one pass through a model, for comparing with other frameworks.

import { defineCommand, option } from "../../src/cli/define-command.ts";
import { adaptersOption, computing } from "../../src/cli/options/shared-options.ts";
import { tableOption } from "../../src/cli/options/table-options.ts";
import type { ForwardOptions } from "./run-forward.ts";

export const addForwardCommand = defineCommand({
  name: "forward",
  summary: "run one forward pass and write its tensors",
  description:
    "Runs one forward pass and writes logits (F32; last_hidden_state for a model without a head) and, if the inputs have labels, the loss. The inputs are a JSON object of " +
    "integer matrices: input_ids and, if the model takes them, attention_mask, token_type_ids, decoder_input_ids, labels. Multiple choice: [batch][choices][time]. Image " +
    "models: pixel_values, with input_ids if the model reads both.",
  options: [
    "model",
    adaptersOption(),
    "allowDifferentBase",
    option("--inputs <file>", "JSON file with the model's inputs").makeOptionMandatory(),
    tableOption("out", "safetensors file to write"),
    option("--task <name>", "head instead of the one in config.json (causal-lm, sequence-classification, …)"),
    option("--overwrite", "replace --out"),
    ...computing,
  ],
  examples: [
    `echo '{"input_ids": [[1, 2, 3]]}' > inputs.json`,
    "npm run forward -- --model ./tiny --inputs inputs.json --out out.safetensors",
  ],
  run: async (options: ForwardOptions, report) => (await import("./run-forward.ts")).runForward(options, report),
});
