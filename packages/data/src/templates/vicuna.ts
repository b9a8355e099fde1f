// Vicuna 1.1's conversation: the assistant's turns end with the end-of-text token and are all trained.

import { TemplateError } from "../errors.ts";
import type { ChatMessage, Example } from "../example.ts";
import type { PromptTemplate, Segment } from "./prompt-template.ts";
import { taskAndAnswer } from "./task-and-answer.ts";
import { usesTools } from "./uses-tools.ts";

const system =
  "A chat between a curious user and an artificial intelligence assistant. " +
  "The assistant gives helpful, detailed, and polite answers to the user's questions.";

/** Vicuna's prompt; a leading system message replaces its own. */
export const vicuna: PromptTemplate = {
  name: "vicuna",
  source: "FastChat (Zheng et al. 2023), conversation.py vicuna_v1.1",
  render(example) {
    const messages = messagesOf(example);
    if (example.kind === "chat" && usesTools(example)) {
      throw new TemplateError("vicuna", "it writes no tools; a model's own template (chat) may.");
    }
    const first = messages[0];
    const hasSystem = first?.role === "system";
    const turns = hasSystem ? messages.slice(1) : messages;
    let shown = hasSystem ? `${first.content} ` : `${system} `;
    const segments: Segment[] = [];
    for (const [index, { role, content, isTrained = true }] of turns.entries()) {
      const expected = index % 2 === 0 ? "user" : "assistant";
      if (role !== expected) {
        throw new TemplateError("vicuna", `turn ${index + 1} is of the ${role}; user and assistant must take turns.`);
      }
      if (role === "user") {
        shown += `USER: ${content} ASSISTANT:`;
        continue;
      }
      segments.push({ text: shown, isTrained: false }, { text: ` ${content}`, isTrained, endsText: true });
      shown = "";
    }
    // A last question without an answer trains nothing, but is the prompt to generate from.
    return { segments: shown === "" ? segments : [...segments, { text: shown, isTrained: false }] };
  },
};

function messagesOf(example: Example): readonly ChatMessage[] {
  if (example.kind === "chat") return example.messages;
  const { task, material, answer } = taskAndAnswer(example, "vicuna");
  return [
    { role: "user", content: material === "" ? task : `${task}\n${material}` },
    { role: "assistant", content: answer },
  ];
}
