// Pictures and recordings that rows name. All names pass through here, so one function decides which files and addresses are opened.

import type { InstructionExample } from "../answered-examples.ts";
import type { ChatExample, CompletionExample, Example } from "../example.ts";
import { withImages } from "../templates/image-parts.ts";

/** The example with other names of its files. */
export function withFileNames(example: Example, change: (name: string) => string): Example {
  const changed = <File>(file: File | string) => (typeof file === "string" ? change(file) : file);
  const answered = <Part extends ChatExample | CompletionExample | InstructionExample>(part: Part): Part =>
    part.kind === "chat"
      ? { ...part, messages: withImages(part.messages, (each) => ({ ...each, image: changed(each.image) })) }
      : part;
  switch (example.kind) {
    case "chat":
      return answered(example);
    case "preference":
      return { ...example, chosen: answered(example.chosen), rejected: answered(example.rejected) };
    case "judged":
      return { ...example, answer: answered(example.answer) };
    case "prompt":
      return { ...example, asked: answered(example.asked) };
    case "image":
      return { ...example, image: changed(example.image) };
    case "audio":
      return { ...example, audio: changed(example.audio) };
    default:
      return example;
  }
}
