// What a line of a conversation asks for: to be answered, or one of the commands.

/** A line as it is understood. */
export type ChatLine =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "help" | "retry" | "clear" | "exit" | "messages" }
  /** No name: which there are. */
  | { readonly kind: "adapter"; readonly name?: string; readonly strength?: number }
  | { readonly kind: "system"; readonly text: string }
  | { readonly kind: "save"; readonly path: string }
  | { readonly kind: "mistake"; readonly message: string };

/** Each command with what it does, for people. */
export const chatCommands = {
  "/adapter [name] [strength]":
    "answer with this adapter, in part where a strength says so; none is the base; no name lists them",
  "/system [text]": "tell the model what to be; without a text nothing",
  "/retry": "answer the last line anew",
  "/clear": "begin a new conversation",
  "/messages": "show what was said",
  "/save <file>": "add the conversation to a JSONL file, as `train` reads it",
  "/help": "these commands",
  "/exit": "end (Ctrl-D, too)",
} as const;

/** A line that begins with "/" is a command, one with "//" a line that begins with "/". */
export function parseChatLine(line: string): ChatLine {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (!text.startsWith("/")) return { kind: "say", text };
  if (text.startsWith("//")) return { kind: "say", text: text.slice(1) };
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
      return parseAdapter(rest);
    default:
      return mistake(`There is no command "/${command}". /help lists them; "//" begins a line that is none.`);
  }
}

function parseAdapter(rest: string): ChatLine {
  const [name, strength, more] = rest.split(/\s+/);
  if (name === undefined || name === "") return { kind: "adapter" };
  if (strength === undefined) return { kind: "adapter", name };
  const number = Number(strength);
  if (more === undefined && Number.isFinite(number)) return { kind: "adapter", name, strength: number };
  return mistake(`"${rest}" is no adapter and a number: /adapter ${name} 0.7`);
}

function mistake(message: string): ChatLine {
  return { kind: "mistake", message };
}
