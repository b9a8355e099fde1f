// Lines of a conversation, typed by a person – with the keys that a shell has – or written by a program.

import { createInterface } from "node:readline";
import { Readable, Writable } from "node:stream";
import type { CommandIo } from "../io.ts";

export interface ChatInput extends AsyncIterable<string> {
  readonly isTyped: boolean;
  /** Asks for the next line, where a person is there to be asked. */
  ask(): void;
  close(): void;
}

/** `onStop` hears Ctrl-C, which a terminal that is read key by key sends as a key. */
export function readChatLines(io: CommandIo, onStop: () => void): ChatInput {
  const source = io.stdin();
  const input = source instanceof Readable ? source : Readable.from(source);
  const isTyped = "isTTY" in input && input.isTTY === true && io.terminal !== undefined;
  const output = new Writable({
    write: (chunk, _, done) => {
      io.stderr(String(chunk));
      done();
    },
  });
  const lines = createInterface({
    input,
    terminal: isTyped,
    prompt: "> ",
    historySize: 1000,
    ...(isTyped && { output }),
  });
  lines.on("SIGINT", onStop);
  return {
    isTyped,
    ask: () => {
      if (isTyped) lines.prompt();
    },
    close: () => lines.close(),
    [Symbol.asyncIterator]: () => lines[Symbol.asyncIterator](),
  };
}
