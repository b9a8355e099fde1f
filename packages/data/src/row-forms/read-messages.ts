// A list of turns in the forms of chat data sets: OpenAI's, TRL's, ShareGPT's.

import { enumerated, imageInDataUrl, isObject, type JsonObject } from "@lowrank/contracts/internal";
import { ExampleError } from "../errors.ts";
import type { ChatMessage } from "../example.ts";
import type { ImageInput } from "../images/image-input.ts";
import { imageOrFile } from "./media-forms.ts";
import { type Fields, fromJson, type Refusal, type RowForm, refuse, rowForm } from "./row-form.ts";

/** The names of a turn's fields. */
export interface TurnKeys {
  readonly role: string;
  readonly content: string;
  /** The role for each speaker's name, if the data set has its own names. */
  readonly roles?: ReadonlyMap<string, string>;
}

const openAiKeys: TurnKeys = { role: "role", content: "content" };

/** Further fields of a turn that chat templates read. */
const furtherFields = ["name", "tool_calls", "tool_call_id", "reasoning_content", "reasoning", "thinking"];

/** The turns of a list. Refuses the first entry that is not a turn. */
export function readMessages(value: unknown, listKey: string, keys = openAiKeys): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) return refuse(`a list of turns for "${listKey}"`, value);
  return value.map((turn: unknown, index) => {
    const at = `"${listKey}"[${index}]`;
    return isObject(turn) ? readTurn(turn, at, keys) : refuse(`a turn for ${at}`, turn);
  });
}

const anyMessages = rowForm({
  name: "messages",
  source: "OpenAI's chat format",
  keys: ["messages"],
  read: (fields) => ({ kind: "chat", messages: readMessages(fields.get("messages"), "messages") }),
});

/** Messages of a program or a file. A message's content may be a list of texts and images. Throws ExampleError. */
export function messagesIn(messages: readonly unknown[]): readonly ChatMessage[] {
  const read = anyMessages.read(new Map([["messages", messages]]));
  if ("kind" in read && read.kind === "chat") return read.messages;
  const { expected, found } = read as Refusal; // of no other kind
  throw new ExampleError(`Expected ${expected}, got ${found}.`);
}

/** Like `readMessages`, but refuses a list without an assistant's turn: nothing would be trained. */
export function readConversation(value: unknown, listKey: string, keys?: TurnKeys): readonly ChatMessage[] {
  const messages = readMessages(value, listKey, keys);
  if (messages.some(({ role }) => role === "assistant")) return messages;
  const others = [...new Set(messages.map(({ role }) => role))].map((role) => JSON.stringify(role));
  return refuse(
    `a turn of the role "assistant" in "${listKey}"`,
    value,
    `${enumerated(others)} alone (roles are system, user, assistant and tool; ShareGPT's human and gpt belong in "conversations" with "from" and "value")`,
  );
}

/** The functions that a row offers to the assistant: a list, or its JSON. */
export function readTools(fields: Fields): { readonly tools?: readonly unknown[] } {
  if (fields.get("functions") !== undefined)
    return refuse('"tools" in place of OpenAI\'s earlier "functions"', fields.get("functions"));
  const value = fromJson(fields.get("tools"));
  if (value === undefined || value === null || value === "") return {};
  if (Array.isArray(value) && value.every(isObject)) return value.length === 0 ? {} : { tools: value };
  return refuse('a list of functions for "tools"', value);
}

function readTurn(turn: JsonObject, at: string, { role: roleKey, content: contentKey, roles }: TurnKeys): ChatMessage {
  const fields = new Map<string, unknown>(Object.entries(turn));
  const value = fields.get(roleKey);
  const role = typeof value === "string" ? (roles === undefined ? value : roles.get(value)) : undefined;
  if (role === undefined || role === "") {
    const expected = roles === undefined ? "a role" : `one of ${[...roles.keys()].join(", ")}`;
    return refuse(`${expected} for ${at}."${roleKey}"`, value);
  }
  if (isPresent(fields.get("function_call")))
    return refuse(`"tool_calls" in place of OpenAI's earlier "function_call" in ${at}`, fields.get("function_call"));
  const weight = fields.get("weight") ?? 1;
  if (weight !== 0 && weight !== 1) return refuse(`0 or 1 for ${at}."weight"`, weight);
  const more = Object.fromEntries(
    furtherFields.flatMap((name) => (isPresent(fields.get(name)) ? [[name, fields.get(name)]] : [])),
  );
  if (more.tool_calls !== undefined) more.tool_calls = withArguments(more.tool_calls);
  const content = readContent(fields.get(contentKey), `${at}."${contentKey}"`, more.tool_calls !== undefined);
  const isUntrained = weight === 0 && role === "assistant";
  return {
    role,
    ...content,
    ...(isUntrained ? { isTrained: false } : {}),
    ...(Object.keys(more).length === 0 ? {} : { more }),
  };
}

/** A text, or a list of texts and images. Texts are joined by line ends, as in vLLM. A turn with tool calls needs no text. */
function readContent(value: unknown, at: string, hasCalls: boolean): Pick<ChatMessage, "content" | "parts"> {
  if (typeof value === "string") return { content: value };
  if (hasCalls && !isPresent(value)) return { content: "" };
  if (!Array.isArray(value) || value.length === 0) return refuse(`a text for ${at}`, value);
  const parts = value.map((part: unknown, index) => readPart(part, `${at}[${index}]`));
  const content = parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  return parts.some(({ type }) => type === "image") ? { content, parts } : { content };
}

function readPart(part: unknown, at: string): NonNullable<ChatMessage["parts"]>[number] {
  const { type, text, image, image_url: link } = isObject(part) ? part : {};
  if (type === "text" && typeof text === "string") return { type, text };
  if (type === "image" || type === "image_url")
    return { type: "image", image: readImage(type === "image" ? image : link, at) };
  const found = typeof type === "string" && type !== "text" ? `a part of type ${JSON.stringify(type)}` : undefined;
  return refuse(`a text or an image for ${at}`, part, found);
}

/** A file's name, a data URL, bytes or decoded pixels. OpenAI puts the URL into an object. */
function readImage(value: unknown, at: string): ImageInput {
  const { url } = isObject(value) ? value : {};
  const image = imageOrFile(typeof url === "string" ? url : value);
  if (typeof image !== "string")
    return image ?? refuse(`the name of a PNG or JPEG file, or a data URL, for ${at}`, value);
  if (!/^data:/i.test(image)) return image;
  const found = `a data URL of ${image.length} characters`;
  const expected = `data:image/png;base64,… or data:image/jpeg;base64,… of at most 48 MiB for ${at}`;
  return imageInDataUrl(image) ?? refuse(expected, image, found);
}

/** Parses tool calls' arguments, which OpenAI has as JSON text. Chat templates write the JSON themselves and expect the object. */
function withArguments(calls: unknown): unknown {
  if (!Array.isArray(calls)) return calls;
  return calls.map((call: unknown) => {
    if (!isObject(call) || !isObject(call.function)) return call;
    return { ...call, function: { ...call.function, arguments: fromJson(call.function.arguments) } };
  });
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** ShareGPT's names of the speakers (FastChat's `train.py`, axolotl's `sharegpt` loader). */
const shareGptRoles = new Map([
  ["human", "user"],
  ["user", "user"],
  ["gpt", "assistant"],
  ["chatgpt", "assistant"],
  ["bard", "assistant"],
  ["assistant", "assistant"],
  ["system", "system"],
  ["tool", "tool"],
]);

function form(name: string, source: string, listKey: string, keys: TurnKeys): RowForm {
  return rowForm({
    name,
    source,
    keys: [listKey, "tools?"],
    read(fields) {
      const messages = readConversation(fields.get(listKey), listKey, keys);
      return { kind: "chat", messages, ...readTools(fields) };
    },
  });
}

/** {"messages": [{"role": "user", "content": …}, …], "tools": […]} */
export const messagesForm = form(
  "messages",
  "OpenAI's chat format, TRL's conversational format",
  "messages",
  openAiKeys,
);

export const shareGptKeys: TurnKeys = { role: "from", content: "value", roles: shareGptRoles };

/** {"conversations": [{"from": "human", "value": …}, …]} */
export const conversationsForm = form("conversations", "ShareGPT, as FastChat reads it", "conversations", shareGptKeys);
