// Parses a line of a conversation: a message, or one of the commands.

import { createInterface } from "node:readline";
import { Readable, Writable } from "node:stream";
import type { CommandIo } from "../io.ts";

export interface Part {
  readonly name: string;
  readonly strength: number;
}

export type ChatLine =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "help" | "retry" | "clear" | "exit" | "messages" }
  /** No part: which there are. */
  | { readonly kind: "adapter"; readonly parts: readonly Part[] }
  | { readonly kind: "system"; readonly text: string }
  | { readonly kind: "save"; readonly path: string }
  | { readonly kind: "mistake"; readonly message: string };

/** The commands with their descriptions. */
export const chatCommands = {
  "/adapter [a 0.7 b]": "adapters that answer, with their weights; none: the base",
  "/system [text]": "set the system prompt; no text removes it",
  "/retry": "answer the last line again",
  "/clear": "start a new conversation",
  "/messages": "show the conversation",
  "/save <file>": "add the conversation to a JSONL file that `train` reads",
  "/help": "list these commands",
  "/exit": "end (or Ctrl-D)",
} as const;

export const chatHelp = Object.entries(chatCommands).map(([command, what]) => `  ${command.padEnd(20)} ${what}`);

/** A line that begins with "/" is a command, one with "//" a line that begins with "/". */
export function parseChatLine(line: string): ChatLine {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (!text.startsWith("/")) return { kind: "message", text };
  if (text.startsWith("//")) return { kind: "message", text: text.slice(1) };
  const [, command = "", rest = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  switch (command) {
    case "help":
    case "retry":
    case "clear":
    case "messages":
    case "exit":
      return { kind: command };
    case "quit":
      return { kind: "exit" };
    case "system":
      return { kind: "system", text: rest };
    case "save":
      return rest === "" ? mistake("/save needs a file: /save talk.jsonl") : { kind: "save", path: rest };
    case "adapter":
      return { kind: "adapter", parts: parseParts(rest) };
    default:
      return mistake(`There is no command "/${command}". /help lists all. For a message with "/", type "//".`);
  }
}

/** Names, each with an optional weight: "name:0.5". */
function parseParts(rest: string): readonly Part[] {
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const parts: Part[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const isInPart = Number.isFinite(Number(words[0] ?? Number.NaN));
    parts.push({ name: word, strength: isInPart ? Number(words.shift()) : 1 });
  }
  return parts;
}

function mistake(message: string): ChatLine {
  return { kind: "mistake", message };
}

export interface ChatInput extends AsyncIterable<string> {
  readonly isTyped: boolean;
  /** Prints the prompt for the next line, on a terminal. */
  ask(): void;
  close(): void;
}

/** `onStop` is called for Ctrl-C, which a terminal in raw mode sends as a key. */
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
