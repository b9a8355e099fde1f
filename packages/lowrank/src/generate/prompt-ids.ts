// Prompts and conversations as token ids.

import type { Task } from "@lowrank/contracts/families";
import type { ChatExample, ChatMessage, PromptTemplate, TextTokenizer } from "@lowrank/data";
import {
  encodePrompt,
  encodeSource,
  type ImageInput,
  imageParts,
  messagesIn,
  type RenderedExample,
  renderWithImages,
} from "@lowrank/data/internal";
import { omitUndefined } from "../omit-undefined.ts";
import { chooseTemplate, isConversing } from "../rows/tokens/choose-template.ts";

/** A message of texts and images, as OpenAI's API has it; an image is a file's name, a data URL, bytes or decoded pixels. */
export interface PartMessage {
  readonly role: string;
  readonly content: readonly (
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "image"; readonly image: ImageInput }
    | { readonly type: "image_url"; readonly image_url: { readonly url: string } }
  )[];
}

/** A conversation, ending with the user's message. */
interface Conversation {
  readonly messages: readonly (ChatMessage | PartMessage)[];
  /** Functions that the model may call, as JSON Schema, if its template supports them. */
  readonly tools?: readonly unknown[];
}

/** A text to continue, or a conversation to answer. */
export type TextPrompt = string | Conversation;

/** A prompt whose messages have their images in `parts`. */
export type PlainPrompt = string | (Omit<Conversation, "messages"> & { readonly messages: readonly ChatMessage[] });

/** Throws ExampleError for a message that has other parts than texts and images. */
export function plainPrompt(prompt: TextPrompt): PlainPrompt {
  if (typeof prompt === "string") return prompt;
  const isPlain = (message: ChatMessage | PartMessage): message is ChatMessage => !Array.isArray(message.content);
  const messages = prompt.messages.flatMap((message) => (isPlain(message) ? [message] : messagesIn([message])));
  return { ...prompt, messages };
}

/** Options for writing a prompt. */
export interface Writing {
  readonly template?: string | undefined;
  /** Default system prompt of a conversation. */
  readonly system?: string | undefined;
}

interface AdapterPromptReader extends PromptReader {
  readonly setup?: Writing | undefined;
}

/** Throws TemplateError for an unknown name and for turns that the template does not support; ChatTemplateMissingError. */
export function promptIds(prompt: TextPrompt, options: Writing, reader: AdapterPromptReader): readonly number[] {
  const rendered = writePrompt(prompt, options, reader);
  const { task, tokenizer } = reader;
  return task === "sequence-to-sequence" ? encodeSource(rendered, tokenizer) : encodePrompt(rendered, tokenizer);
}

function writePrompt(source: TextPrompt, options: Writing, reader: AdapterPromptReader): RenderedExample {
  const prompt = plainPrompt(source);
  const isText = typeof prompt === "string";
  const name = options.template ?? reader.setup?.template ?? (isText ? undefined : "chat");
  // A prompt is the beginning of a row of a question and its answer.
  const rows = isText ? [{ kind: "completion", prompt, completion: "" } as const] : [];
  const template = chooseTemplate(name, rows, reader);
  if (isText && !isConversing(template.name)) return renderPrompt(prompt, template);
  const conversation = isText ? { messages: [{ role: "user", content: prompt }] } : prompt;
  const system = options.system ?? reader.setup?.system ?? "";
  const isOpened = system === "" || conversation.messages[0]?.role === "system";
  const messages = isOpened ? conversation.messages : [{ role: "system", content: system }, ...conversation.messages];
  const chat = { kind: "chat", ...conversation, messages } as const;
  const rendered = isConversing(template.name)
    ? renderWithImages(template, chat)
    : renderInTurn(chat, template, reader.tokenizer);
  // Earlier answers are marked as trained, but here they belong to the prompt.
  const { segments, hasSpecialTokens } = rendered;
  const text = segments.map((segment) => segment.text).join("");
  return { segments: [{ text, isTrained: false }], ...omitUndefined({ hasSpecialTokens }) };
}

/** A template without turns writes each question with its answer as a separate row, one after the other. */
function renderInTurn(chat: ChatExample, template: PromptTemplate, { eosToken = "" }: TextTokenizer): RenderedExample {
  if (imageParts(chat.messages).length > 0) return renderWithImages(template, chat); // throws, because it cannot write them
  const [first] = chat.messages;
  const turns = first?.role === "system" ? chat.messages.slice(1) : chat.messages;
  const isInTurn = turns.every(({ role }, index) => role === (index % 2 === 0 ? "user" : "assistant"));
  if (!isInTurn || chat.tools !== undefined) return template.render(chat); // throws if it cannot write them
  const segments = turns.flatMap(({ role, content }, index) => {
    if (role !== "user") return [];
    const instruction = index === 0 && first?.role === "system" ? `${first.content}\n${content}` : content;
    const answer = turns[index + 1]?.content;
    const { segments } = template.render({ kind: "instruction", instruction, input: "", output: answer ?? "" });
    if (answer === undefined) return segments.filter(({ isTrained }) => !isTrained);
    return segments.map(({ text, endsText, ...rest }) => ({
      ...rest,
      text: endsText === true ? text + eosToken : text,
    }));
  });
  return { segments };
}

/** Whether the input is several prompts, not one prompt, which may itself be a conversation. */
export function isSeveral(prompts: TextPrompt | readonly TextPrompt[]): prompts is readonly TextPrompt[] {
  return Array.isArray(prompts);
}

interface PromptReader {
  readonly tokenizer: TextTokenizer;
  readonly task: Task;
}

/** A prompt typed by a person, rendered by a template. */
export function renderPrompt(prompt: string, template: PromptTemplate): RenderedExample {
  return template.render({ kind: "instruction", instruction: prompt, input: "", output: "" });
}
