// The model's own chat template (tokenizer_config.json's "chat_template"), a Jinja program.

import type { JsonObject } from "@lowrank/contracts/internal";
import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { TemplateError, TemplateLimitError } from "../errors.ts";
import type { ChatExample, ChatMessage, Example } from "../example.ts";
import { imageParts } from "./image-parts.ts";
import { type JinjaTemplate, parseTemplate } from "./jinja-template.ts";
import { calledFunctions, usesTools } from "./jinja-tree.ts";
import type { PromptTemplate, RenderedExample, Segment } from "./prompt-template.ts";
import { taskAndAnswer } from "./prompt-template.ts";
import { TemplateBudget } from "./template-budget.ts";
import {
  type ConversationWriter,
  unlessRefused,
  type WrittenConversation,
  writeConversation,
} from "./turns/answer-spans.ts";

/** Variables of a chat template besides the messages. */
export interface ChatTemplateOptions {
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** Further variables, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

const optionNames: OptionNames<ChatTemplateOptions> = { bosToken: true, eosToken: true, variables: true };

type Conversation = Pick<ChatExample, "messages" | "tools">;

/**
 * A prompt template from the Jinja text of a chat template.
 *
 * The assistant's messages are trained, as written in the whole conversation, with the token that ends the turn. A template with
 * {% generation %} blocks defines the trained text itself. If a template needs content as a list of parts, it gets one part.
 *
 * Throws TemplateError if the source is too long or not Jinja. `render` throws it if the template refuses the conversation, leaves out
 * a tool call, or writes the last answer before an earlier one. It throws TemplateLimitError if rendering exceeds a limit.
 *
 * @example
 * ```ts
 * import { chatTemplate } from "@lowrank/data";
 *
 * const source = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
 *   + "{% if add_generation_prompt %}<|assistant|>{% endif %}";
 * const rendered = chatTemplate(source).render({ kind: "completion", prompt: "Hi", completion: "Hello" });
 * if (rendered.segments[1]?.text !== "Hello<|end|>") throw new Error("wrong answer mask");
 * ```
 */
export function chatTemplate(source: string, options: ChatTemplateOptions = {}): PromptTemplate {
  refuseUnknownOptions("chatTemplate", options, optionNames);
  const write = compile(source, options);
  return {
    name: "chat",
    source: "the model's tokenizer_config.json, as transformers' apply_chat_template renders it",
    render(example) {
      const conversation = conversationOf(example);
      // A template without tool support would silently leave them out.
      if (usesTools(conversation) && !source.includes("tool")) {
        throw new TemplateError("chat", "the conversation has tools, which the model's chat template does not write.");
      }
      const { messages } = conversation;
      const written = (hasParts: boolean) =>
        segmentsOf(messages, writeConversation(messages, write(conversation, hasParts)));
      // Images are parts, and a template that reads content as one text would lose them.
      if (imageParts(messages).length > 0) return written(true);
      try {
        return written(false);
      } catch (error) {
        const ofParts = error instanceof TemplateLimitError ? undefined : unlessRefused(() => written(true));
        if (ofParts === undefined) throw error;
        return ofParts;
      }
    },
  };
}

function compile(
  source: string,
  options: ChatTemplateOptions,
): (conversation: Conversation, hasParts: boolean) => ConversationWriter {
  const template: JinjaTemplate = parseTemplate(source);
  return ({ tools }, hasParts) => {
    const budget = new TemplateBudget();
    const variablesFor = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => {
      budget.allowFor(messages.length);
      return {
        // transformers always sets these two, to none if there are none: `tools is not none` must be false.
        tools: null,
        documents: null,
        ...options.variables,
        ...(tools === undefined ? {} : { tools }),
        messages: messages.map((message) => messageVariables(message, hasParts)),
        add_generation_prompt: addGenerationPrompt,
        bos_token: options.bosToken ?? "",
        eos_token: options.eosToken ?? "",
      };
    };
    return {
      render: (...parameters) => template.render(variablesFor(...parameters), budget),
      renderTurns: (...parameters) => template.renderTurns(variablesFor(...parameters), budget),
    };
  };
}

/** The variables of a message. transformers also passes reasoning under gpt-oss's name, `thinking`. */
function messageVariables({ isTrained, more, content, parts, ...message }: ChatMessage, hasParts: boolean): JsonObject {
  const thoughts = more?.reasoning_content ?? more?.thinking ?? more?.reasoning;
  return {
    ...message,
    content: hasParts ? (parts ?? [{ type: "text", text: content }]).map(withoutImage) : content,
    ...(thoughts === undefined ? {} : { thinking: thoughts }),
    ...more,
    ...(thoughts === undefined ? {} : { reasoning_content: thoughts }),
  };
}

/** A template needs to know that there is an image, and not its bytes. */
function withoutImage(part: NonNullable<ChatMessage["parts"]>[number]) {
  return part.type === "text" ? part : { type: "image" };
}

function conversationOf(example: Example): Conversation {
  if (example.kind === "chat") return example;
  const { task, material, answer } = taskAndAnswer(example, "chat");
  const content = material === "" ? task : `${task}\n${material}`;
  return {
    messages: [
      { role: "user", content },
      { role: "assistant", content: answer },
    ],
  };
}

function segmentsOf(messages: readonly ChatMessage[], { text, answers }: WrittenConversation): RenderedExample {
  const segments: Segment[] = [];
  let position = 0;
  for (const { message, start, end } of answers) {
    segments.push({ text: text.slice(position, start), isTrained: false });
    segments.push({ text: text.slice(start, end), isTrained: messages[message]?.isTrained ?? true });
    position = end;
  }
  const rest = text.slice(position);
  const lostAnswers = countLost(messages, { text, answers });
  return {
    segments: rest === "" ? segments : [...segments, { text: rest, isTrained: false }],
    hasSpecialTokens: true,
    ...(lostAnswers === 0 ? {} : { lostAnswers }),
  };
}

/** The number of answers to train that were not found. Throws TemplateError if one of them is the last, or calls a tool. */
function countLost(messages: readonly ChatMessage[], { text, answers }: WrittenConversation): number {
  let count = 0;
  for (const [index, message] of messages.entries()) {
    const { role, content, isTrained = true } = message;
    if (role !== "assistant" || !isTrained) continue;
    const spans = answers.filter((span) => span.message === index && span.end > span.start);
    const written = spans.map(({ start, end }) => text.slice(start, end)).join("");
    const left = calledFunctions(message).find((name) => !written.includes(name));
    if (left !== undefined) throw new TemplateError("chat", `it leaves out the call of the tool "${left}".`);
    if (written !== "" || content.trim() === "") continue;
    count += 1;
    if (index === messages.length - 1)
      throw new TemplateError("chat", "its output does not contain the last answer. Use another template.");
  }
  return count;
}
