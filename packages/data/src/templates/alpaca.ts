// Stanford Alpaca's two prompts, word for word: models fine-tuned on it expect exactly these.

import { type PromptTemplate, promptAndAnswer } from "./prompt-template.ts";
import { taskAndAnswer } from "./task-and-answer.ts";

const withMaterial =
  "Below is an instruction that describes a task, paired with an input that provides further context. " +
  "Write a response that appropriately completes the request.";
const withoutMaterial =
  "Below is an instruction that describes a task. Write a response that appropriately completes the request.";

/** Alpaca's prompt, with the input section only where there is an input. */
export const alpaca: PromptTemplate = {
  name: "alpaca",
  source: "Stanford Alpaca (Taori et al. 2023), train.py PROMPT_DICT",
  render(example) {
    const { task, material, answer } = taskAndAnswer(example, "alpaca");
    const opening = material === "" ? withoutMaterial : withMaterial;
    const input = material === "" ? "" : `### Input:\n${material}\n\n`;
    return promptAndAnswer(`${opening}\n\n### Instruction:\n${task}\n\n${input}### Response:`, answer);
  },
};
