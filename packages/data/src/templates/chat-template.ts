// The model's own chat template (tokenizer_config.json's "chat_template"), a Jinja program. Which characters are the
// assistant's is found by rendering the conversation up to each of its turns and comparing.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts";
import { TemplateError } from "../errors.ts";
import type { ChatExample, ChatMessage, Example } from "../example.ts";
import { type JinjaTemplate, parseTemplate } from "./jinja-template.ts";
import type { PromptTemplate, RenderedExample, Segment } from "./prompt-template.ts";
import { taskAndAnswer } from "./task-and-answer.ts";
import { TemplateBudget } from "./template-budget.ts";
import { usesTools } from "./uses-tools.ts";

/** What a chat template may refer to besides the messages. */
export interface ChatTemplateOptions {
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** Further variables, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

const optionNames: OptionNames<ChatTemplateOptions> = { bosToken: true, eosToken: true, variables: true };

type Render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** The conversation that a template is given, part by part. */
type Conversation = Pick<ChatExample, "messages" | "tools">;

/**
 * A prompt template from the Jinja text of a chat template.
 *
 * Trained is what the assistant says, with the mark that ends its turn. An earlier turn that the template rewrites
 * once more turns follow (as Qwen 3 drops its thoughts) is shown but not trained.
 *
 * Throws TemplateError where the text is too long or no Jinja; `render` throws it where the template refuses the
 * conversation or writes the last answer elsewhere than after its generation prompt, and TemplateLimitError where it takes
 * too long or writes too much.
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
  const render = compile(source, options);
  return {
    name: "chat",
    source: "the model's tokenizer_config.json, as transformers' apply_chat_template renders it",
    render(example) {
      const conversation = conversationOf(example);
      // A template that knows no tools would leave them out in silence.
      if (usesTools(conversation) && !source.includes("tool")) {
        throw new TemplateError("chat", "the conversation has tools, of which the model's own template writes none.");
      }
      return renderConversation(conversation.messages, render(new TemplateBudget(), conversation.tools));
    },
  };
}

function compile(
  source: string,
  options: ChatTemplateOptions,
): (budget: TemplateBudget, tools: ChatExample["tools"]) => Render {
  const template: JinjaTemplate = parseTemplate(source);
  return (budget, tools = undefined) =>
    (messages, addGenerationPrompt) => {
      budget.allowFor(messages.length);
      const variables = {
        // transformers always has these two, none for want of any: `tools is not none` must be false.
        tools: null,
        documents: null,
        ...options.variables,
        ...(tools === undefined ? {} : { tools }),
        messages: messages.map(({ isTrained, more, ...message }) => ({ ...message, ...more })),
        add_generation_prompt: addGenerationPrompt,
        bos_token: options.bosToken ?? "",
        eos_token: options.eosToken ?? "",
      };
      return template.render(variables, budget);
    };
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

function renderConversation(messages: readonly ChatMessage[], render: Render): RenderedExample {
  const whole = render(messages, messages.at(-1)?.role !== "assistant");
  const segments: Segment[] = [];
  let position = 0;
  for (const [index, { role, content, isTrained = true }] of messages.entries()) {
    if (role !== "assistant") continue;
    const isLast = index === messages.length - 1;
    const before = render(messages.slice(0, index), true);
    const through = isLast ? whole : render(messages.slice(0, index + 1), false);
    const isWhereExpected = whole.startsWith(through) && through.startsWith(before) && before.length >= position;
    if (!isWhereExpected) {
      if (isLast) throw new TemplateError("chat", "it does not write the last answer after its generation prompt.");
      continue;
    }
    const end = before.length + trainedLength(through.slice(before.length), content);
    segments.push({ text: whole.slice(position, before.length), isTrained: false });
    segments.push({ text: whole.slice(before.length, end), isTrained });
    position = end;
  }
  const rest = whole.slice(position);
  return {
    segments: rest === "" ? segments : [...segments, { text: rest, isTrained: false }],
    hasSpecialTokens: true,
  };
}

/** Generation stops at the mark that ends a turn, so the line end that many templates write after it is not trained. */
function trainedLength(turn: string, content: string): number {
  const withoutLineEnd = turn.trimEnd();
  // Without a text of its own – calls of tools – nothing tells the mark from what is said.
  const hasMark = content.trim() === "" || !withoutLineEnd.endsWith(content.trimEnd());
  return hasMark ? withoutLineEnd.length : turn.length;
}
