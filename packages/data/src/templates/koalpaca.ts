// KoAlpaca's Korean prompt: question, context where there is one, answer.

import { type PromptTemplate, promptAndAnswer } from "./prompt-template.ts";
import { taskAndAnswer } from "./task-and-answer.ts";

/** KoAlpaca's prompt for its Polyglot-Ko models. A space parts the answer from the colon. */
export const koalpaca: PromptTemplate = {
  name: "koalpaca",
  source: "KoAlpaca (Beomi), the prompt of its Polyglot-Ko models' published examples",
  render(example) {
    const { task, material, answer } = taskAndAnswer(example, "koalpaca");
    const context = material === "" ? "" : `### 맥락: ${material}\n\n`;
    return promptAndAnswer(`### 질문: ${task}\n\n${context}### 답변:`, ` ${answer}`);
  },
};
