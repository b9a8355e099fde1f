// All templates that need no model. To add one, write it here or in its own file, and add it to the list.

import { TemplateError } from "../errors.ts";
import type { ChatMessage, Example } from "../example.ts";
import { usesTools } from "./jinja-tree.ts";
import { type PromptTemplate, promptAndAnswer, type Segment, taskAndAnswer } from "./prompt-template.ts";

// Vicuna 1.1's conversation: the assistant's turns end with the end-of-text token and are all trained.

const system =
  "A chat between a curious user and an artificial intelligence assistant. " +
  "The assistant gives helpful, detailed, and polite answers to the user's questions.";

/** Vicuna's prompt; a leading system message replaces its own. */
const vicuna: PromptTemplate = {
  name: "vicuna",
  source: "FastChat (Zheng et al. 2023), conversation.py vicuna_v1.1",
  render(example) {
    const messages = messagesOf(example);
    if (example.kind === "chat" && usesTools(example)) {
      throw new TemplateError("vicuna", "it does not support tools. A model's own template (chat) may.");
    }
    const first = messages[0];
    const hasSystem = first?.role === "system";
    const turns = hasSystem ? messages.slice(1) : messages;
    let shown = hasSystem ? `${first.content} ` : `${system} `;
    const segments: Segment[] = [];
    for (const [index, { role, content, isTrained = true }] of turns.entries()) {
      const expected = index % 2 === 0 ? "user" : "assistant";
      if (role !== expected) {
        throw new TemplateError("vicuna", `turn ${index + 1} is of the ${role}; user and assistant must alternate.`);
      }
      if (role === "user") {
        shown += `USER: ${content} ASSISTANT:`;
        continue;
      }
      segments.push({ text: shown, isTrained: false }, { text: ` ${content}`, isTrained, endsText: true });
      shown = "";
    }
    // A last question without an answer is not trained, but it is the prompt for generation.
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

/** Prompt and completion unchanged; plain text is trained completely. */
const plain: PromptTemplate = {
  name: "plain",
  source: "TRL's prompt-completion format",
  render(example) {
    if (example.kind === "text") return { segments: [{ text: example.text, isTrained: true, endsText: true }] };
    if (example.kind === "chat") {
      throw new TemplateError(
        "plain",
        "a conversation needs a template that marks the speakers. Use vicuna, or the model's own (chat).",
      );
    }
    const { task, material, answer } = taskAndAnswer(example, "plain");
    return promptAndAnswer(material === "" ? task : `${task}\n${material}`, answer);
  },
};

/** KoAlpaca's prompt for its Polyglot-Ko models, with a space between the colon and the answer. */
const koalpaca: PromptTemplate = {
  name: "koalpaca",
  source: "KoAlpaca (Beomi), the prompt of its Polyglot-Ko models' published examples",
  render(example) {
    const { task, material, answer } = taskAndAnswer(example, "koalpaca");
    const context = material === "" ? "" : `### 맥락: ${material}\n\n`;
    return promptAndAnswer(`### 질문: ${task}\n\n${context}### 답변:`, ` ${answer}`);
  },
};

// Stanford Alpaca's two prompts, word for word, because models fine-tuned on it expect exactly these.

const withMaterial =
  "Below is an instruction that describes a task, paired with an input that provides further context. " +
  "Write a response that appropriately completes the request.";
const withoutMaterial =
  "Below is an instruction that describes a task. Write a response that appropriately completes the request.";

/** Alpaca's prompt, with the input section only if there is an input. */
const alpaca: PromptTemplate = {
  name: "alpaca",
  source: "Stanford Alpaca (Taori et al. 2023), train.py PROMPT_DICT",
  render(example) {
    const { task, material, answer } = taskAndAnswer(example, "alpaca");
    const opening = material === "" ? withoutMaterial : withMaterial;
    const input = material === "" ? "" : `### Input:\n${material}\n\n`;
    return promptAndAnswer(`${opening}\n\n### Instruction:\n${task}\n\n${input}### Response:`, answer);
  },
};

/** The templates by name. A model's own chat template is made with `chatTemplate`. */
export const promptTemplates: readonly PromptTemplate[] = [plain, alpaca, vicuna, koalpaca];

/**
 * The template of a name; throws TemplateError listing all names if there is none.
 *
 * @example
 * ```ts
 * import { promptTemplate } from "@lowrank/data";
 * import { promptOf } from "@lowrank/data/internal";
 *
 * const example = { kind: "instruction", instruction: "대한민국의 수도는?", input: "", output: "서울" } as const;
 * const prompt = promptOf(promptTemplate("koalpaca").render(example));
 * if (prompt !== "### 질문: 대한민국의 수도는?\n\n### 답변:") throw new Error(prompt);
 * ```
 */
export function promptTemplate(name: string): PromptTemplate {
  const found = promptTemplates.find((template) => template.name === name);
  if (found !== undefined) return found;
  const names = promptTemplates.map((template) => template.name).join(", ");
  throw new TemplateError(name, `there is no such template. Choose one of ${names}.`);
}
