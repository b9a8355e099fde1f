import { describe, expect, it } from "vitest";
import { TemplateError } from "../errors.ts";
import type { ChatExample, Example } from "../example.ts";
import { chatTemplate } from "./chat-template.ts";
import { parseTemplate } from "./jinja-template.ts";
import { promptOf } from "./prompt-template.ts";
import { promptTemplate, promptTemplates } from "./prompt-templates.ts";

const completion: Example = { kind: "completion", prompt: "Q", completion: "A" };
const instruction: Example = { kind: "instruction", instruction: "Do it.", input: "", output: "Done." };
const withInput: Example = { kind: "instruction", instruction: "Add.", input: "2, 3", output: "5" };
const chat: ChatExample = {
  kind: "chat",
  messages: [
    { role: "user", content: "Who are you?" },
    { role: "assistant", content: "Vicuna." },
    { role: "user", content: "Bye" },
    { role: "assistant", content: "Bye!" },
  ],
};

function written(name: string, example: Example): string {
  return promptTemplate(name)
    .render(example)
    .segments.map(({ text, isTrained, endsText }) => `${isTrained ? `«${text}»` : text}${endsText ? "</s>" : ""}`)
    .join("");
}

describe("templates", () => {
  it("have unique names and a source", () => {
    expect(new Set(promptTemplates.map(({ name }) => name)).size).toBe(promptTemplates.length);
    for (const { source } of promptTemplates) expect(source).not.toBe("");
  });

  it.each([
    ["plain", completion, "Q«A»</s>"],
    ["plain", { kind: "text", text: "Once." } as const, "«Once.»</s>"],
    [
      "alpaca",
      instruction,
      "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n" +
        "### Instruction:\nDo it.\n\n### Response:«Done.»</s>",
    ],
    [
      "alpaca",
      withInput,
      "Below is an instruction that describes a task, paired with an input that provides further context. " +
        "Write a response that appropriately completes the request.\n\n" +
        "### Instruction:\nAdd.\n\n### Input:\n2, 3\n\n### Response:«5»</s>",
    ],
    ["koalpaca", instruction, "### 질문: Do it.\n\n### 답변:« Done.»</s>"],
    ["koalpaca", withInput, "### 질문: Add.\n\n### 맥락: 2, 3\n\n### 답변:« 5»</s>"],
    [
      "vicuna",
      chat,
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, " +
        "and polite answers to the user's questions. USER: Who are you? ASSISTANT:« Vicuna.»</s>" +
        "USER: Bye ASSISTANT:« Bye!»</s>",
    ],
  ])("%s writes %j word for word", (name, example, text) => {
    expect(written(name, example)).toBe(text);
  });

  it("refuse unsupported examples with a typed error", () => {
    expect(() => promptTemplate("alpaca").render(chat)).toThrow(TemplateError);
    expect(() => promptTemplate("plain").render(chat)).toThrow(
      /a conversation needs a template that marks the speakers/,
    );
    expect(() => promptTemplate("nonsense")).toThrow(/plain, alpaca, vicuna, koalpaca/);
    const twice: ChatExample = { kind: "chat", messages: [...chat.messages, { role: "assistant", content: "x" }] };
    expect(() => promptTemplate("vicuna").render(twice)).toThrow(/must alternate/);
  });

  it("report the problem of a template, without code of the library", () => {
    expect(() => parseTemplate("{{ (messages }}")).toThrow(/Expected closing parenthesis\./);
  });

  it("give the prompt for generation", () => {
    expect(promptOf(promptTemplate("koalpaca").render(instruction))).toBe("### 질문: Do it.\n\n### 답변:");
  });
});

describe("a chat template", () => {
  // ChatML, as SmolLM2 and Qwen write it.
  const chatMl =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}" +
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

  it("trains each of the assistant's turns with its end token, and nothing else", () => {
    const { segments, hasSpecialTokens } = chatTemplate(chatMl).render(chat);
    expect(hasSpecialTokens).toBe(true);
    expect(segments.filter(({ isTrained }) => isTrained).map(({ text }) => text)).toEqual([
      "Vicuna.<|im_end|>",
      "Bye!<|im_end|>",
    ]);
    expect(segments.map(({ text }) => text).join("")).toBe(
      "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\nVicuna.<|im_end|>\n" +
        "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\nBye!<|im_end|>\n",
    );
  });

  it("shows an answer that is not to be trained, as vicuna does", () => {
    const messages = chat.messages.map((message, index) => (index === 1 ? { ...message, isTrained: false } : message));
    for (const template of [chatTemplate(chatMl), promptTemplate("vicuna")]) {
      const { segments } = template.render({ kind: "chat", messages });
      const text = (of: typeof segments) => of.map(({ text }) => text).join("");
      expect(text(segments)).toBe(text(template.render(chat).segments));
      expect(text(segments.filter(({ isTrained }) => isTrained)).trim()).toMatch(/^Bye!(<.im_end.>)?$/);
    }
  });

  it("is refused for tools that it would leave out, as vicuna is", () => {
    const tools = [{ type: "function", function: { name: "weather" } }];
    for (const template of [chatTemplate(chatMl), promptTemplate("vicuna")]) {
      expect(() => template.render({ ...chat, tools })).toThrow(/does not (support|write)/);
      const result = { role: "tool", content: "rain" };
      expect(() => template.render({ kind: "chat", messages: [result, ...chat.messages] })).toThrow(TemplateError);
    }
  });

  it("writes prompt and completion as a conversation of two turns", () => {
    const rendered = chatTemplate(chatMl).render(completion);
    expect(promptOf(rendered)).toBe("<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n");
  });

  const trainedBy = (source: string, example: Example) =>
    chatTemplate(source)
      .render(example)
      .segments.flatMap(({ text, isTrained }) => (isTrained ? [text] : []));

  it("that rewrites earlier turns trains them as they are in the whole conversation", () => {
    const forgetful =
      "{% for m in messages %}{{ m.role }}:{{ m.content if loop.last else m.content | upper }}|{% endfor %}" +
      "{% if add_generation_prompt %}assistant:{% endif %}";
    expect(trainedBy(forgetful, chat)).toEqual(["VICUNA.|", "Bye!|"]);
  });

  it("trains an answer that begins like the reasoning that its generation prompt opens", () => {
    const opening =
      "{% for m in messages %}{{ '[' + m.role + ']' + m.content + '</s>' }}{% endfor %}" +
      "{% if add_generation_prompt %}[assistant]<think>{% endif %}";
    expect(trainedBy(opening, { ...completion, completion: "<this>" })).toEqual(["<this></s>"]);
  });

  it("counts an answer that the template leaves out, and is refused if it is a tool call or the last answer", () => {
    const leaving = (kept: string) =>
      `tool:{% for m in messages %}{% if ${kept} %}{{ m.content }}|{% endif %}{% endfor %}`;
    const lastOnly = chatTemplate(leaving("m.role != 'assistant' or loop.last"));
    expect(lastOnly.render(chat)).toMatchObject({ lostAnswers: 1 });
    expect(() => chatTemplate(leaving("m.role != 'assistant'")).render(chat)).toThrow(
      /its output does not contain the last answer\. Use another/,
    );
    const more = { tool_calls: [{ function: { name: "weather" } }] };
    const messages = [...chat.messages, { role: "assistant", content: "", more }];
    expect(() => lastOnly.render({ kind: "chat", messages })).toThrow(/call of the tool "weather"/);
  });

  it("has the tokenizer's special tokens and the caller's variables", () => {
    const source = "{{ bos_token }}{{ greeting }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}";
    const template = chatTemplate(source, { bosToken: "<s>", eosToken: "</s>", variables: { greeting: "!" } });
    expect(template.render(completion).segments.map(({ text }) => text)).toEqual(["<s>!Q</s>", "A</s>"]);
  });

  it("has no tools and no documents by default, as in transformers", () => {
    const tools = "{% if tools is not none %}{{ tools | length }}{% endif %}{% if documents is defined %}d{% endif %}";
    const template = chatTemplate(`${tools}{% for m in messages %}{{ m.content }}{% endfor %}`);
    expect(template.render(completion).segments.map(({ text }) => text)).toEqual(["dQ", "A"]);
  });

  it.each([
    ["is no Jinja", "{% for %}"],
    ["refuses the conversation", "{{ raise_exception('no') }}"],
    ["writes the last answer elsewhere", "{% for m in messages | reverse %}{{ m.content }}{% endfor %}"],
    ["is far too long", " ".repeat(2 ** 19)],
  ])("that %s gets a typed error", (_, source) => {
    expect(() => chatTemplate(source).render(chat)).toThrow(TemplateError);
  });
});
