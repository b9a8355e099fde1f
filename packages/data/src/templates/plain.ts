// Nothing added: the rows already say what the model shall see.

import { TemplateError } from "../errors.ts";
import { type PromptTemplate, promptAndAnswer } from "./prompt-template.ts";
import { taskAndAnswer } from "./task-and-answer.ts";

/** Prompt and completion as they are; running text is trained whole. */
export const plain: PromptTemplate = {
  name: "plain",
  source: "TRL's prompt-completion format",
  render(example) {
    if (example.kind === "text") return { segments: [{ text: example.text, isTrained: true, endsText: true }] };
    if (example.kind === "chat") {
      throw new TemplateError(
        "plain",
        "a conversation needs a template that marks its speakers: vicuna, or the model's own.",
      );
    }
    const { task, material, answer } = taskAndAnswer(example, "plain");
    return promptAndAnswer(material === "" ? task : `${task}\n${material}`, answer);
  },
};
