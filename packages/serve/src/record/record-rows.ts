// Records conversations with their answers as rows to train on: JSON Lines in OpenAI's chat format, with objects as arguments of tools.

import { appendFile } from "node:fs/promises";
import { isObject, jsonIn } from "@lowrank/contracts/internal";
import type { CallPiece } from "../answers/answer-shape.ts";
import { addPiece } from "../answers/write-answer.ts";
import type { ChoiceEvent } from "../answers/written-choice.ts";
import type { ServedPrompt } from "../served-model.ts";

type Events = AsyncGenerator<ChoiceEvent, void, undefined>;
type Conversation = Exclude<ServedPrompt, string>;

/** Passes on the events of an answer, and records the conversation when the answer is complete. */
export type Recorder = (conversation: Conversation, events: Events) => Events;

/**
 * Appends to a file, which only its owner can read if it is created here. `onNote` gets the reason if a row cannot be written, or
 * calls a tool with arguments that are no JSON object; the client still gets its answer.
 */
export function rowRecorder(path: string, onNote: (line: string) => void): Recorder {
  let writing: Promise<void> = Promise.resolve();
  return async function* (conversation, events) {
    let text = "";
    const calls: CallPiece[] = [];
    for await (const event of events) {
      if (event.type === "piece") text += event.text;
      else if (event.type === "call") addPiece(calls, event);
      else if (event.reason !== "length") {
        writing = writing
          .then(() => appendFile(path, `${JSON.stringify(rowOf(conversation, text, calls))}\n`, { mode: 0o600 }))
          .catch((error: unknown) =>
            onNote(`a row was not recorded: ${error instanceof Error ? error.message : error}`),
          );
        await writing;
      }
      yield event;
    }
  };
}

function rowOf({ messages, tools }: Conversation, content: string, calls: readonly CallPiece[]): object {
  const tool_calls = calls.map(({ id, name, arguments: text }) => {
    const values = text === "" ? {} : jsonIn(text);
    if (!isObject(values)) throw new Error(`the arguments of "${name}" are not a JSON object`);
    return { id, type: "function", function: { name, arguments: values } };
  });
  const answer = { role: "assistant", content, ...(calls.length > 0 && { tool_calls }) };
  const asked = messages.map(({ parts, content: text, more, ...message }) => {
    return { ...message, content: parts?.map(partOf) ?? text, ...more };
  });
  return { messages: [...asked, answer], tools };
}

/** As OpenAI's API has it: an image as a data URL. */
function partOf(part: NonNullable<Conversation["messages"][number]["parts"]>[number]): object {
  if (part.type === "text") return part;
  const format = part.image[0] === 0x89 ? "png" : "jpeg"; // the first byte of every PNG file
  const url = `data:image/${format};base64,${Buffer.from(part.image).toString("base64")}`;
  return { type: "image_url", image_url: { url } };
}
