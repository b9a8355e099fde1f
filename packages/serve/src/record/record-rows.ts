// Keeps conversations with their answers as rows to train on: JSON Lines in OpenAI's chat format.

import { appendFile } from "node:fs/promises";
import { jsonIn } from "@lowrank/contracts";
import type { CallPiece } from "../answers/answer-shape.ts";
import { addPiece } from "../answers/write-answer.ts";
import type { ChoiceEvent } from "../answers/written-choice.ts";
import type { ServedPrompt } from "../served-model.ts";

type Events = AsyncGenerator<ChoiceEvent, void, undefined>;
type Conversation = Exclude<ServedPrompt, string>;

/** Passes the events of an answer on. Answers that were cut off are not kept. */
export type Recorder = (conversation: Conversation, events: Events) => Events;

/** Appends to a file that only its owner can read. `onNote` gets the reason if a row cannot be written; the client still gets its answer. */
export function rowRecorder(path: string, onNote: (line: string) => void): Recorder {
  let writing: Promise<void> = Promise.resolve();
  return async function* (conversation, events) {
    let text = "";
    const calls: CallPiece[] = [];
    for await (const event of events) {
      if (event.type === "piece") text += event.text;
      else if (event.type === "call") addPiece(calls, event);
      else if (event.reason !== "length") {
        const line = `${JSON.stringify(rowOf(conversation, text, calls))}\n`;
        writing = writing
          .then(() => appendFile(path, line, { mode: 0o600 }))
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
    return { id, type: "function", function: { name, arguments: jsonIn(text) ?? {} } };
  });
  const answer = { role: "assistant", content, ...(calls.length > 0 && { tool_calls }) };
  return { messages: [...messages.map(({ more, ...message }) => ({ ...message, ...more })), answer], tools };
}
