// Rows of a prompt and its answer, and rows of a prompt alone.

import type { ImageInput } from "./images/image-input.ts";
import type { ImageWording } from "./images/image-wording.ts";

/** An image in a message. */
export interface ImagePart {
  readonly type: "image";
  readonly image: ImageInput;
  /** Known once the image's size is. */
  readonly wording?: ImageWording;
}

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  /** The texts and images of a message with images, in order. `content` then has the texts alone. */
  readonly parts?: readonly ({ readonly type: "text"; readonly text: string } | ImagePart)[];
  /** False for an answer that is shown but not trained. */
  readonly isTrained?: boolean;
  /** Further fields for the model's chat template: `name`, `tool_calls`, `tool_call_id`, `reasoning_content`. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A prompt and its completion. Only the completion is trained. */
export interface CompletionExample {
  readonly kind: "completion";
  readonly prompt: string;
  readonly completion: string;
}

/** Alpaca's form: an instruction, perhaps with an input, and the output. Only the output is trained. */
export interface InstructionExample {
  readonly kind: "instruction";
  readonly instruction: string;
  /** Empty if the instruction needs no input. */
  readonly input: string;
  readonly output: string;
}

/** A conversation. Only the assistant's messages are trained. */
export interface ChatExample {
  readonly kind: "chat";
  readonly messages: readonly ChatMessage[];
  /** Functions that the assistant may call, in JSON Schema. The model's chat template writes them. */
  readonly tools?: readonly unknown[];
}

/** A prompt to which the model writes completions during training; a reward function judges them. */
export interface PromptExample {
  readonly kind: "prompt";
  /** The prompt as a row without its answer. A conversation ends with a turn that is not the assistant's. */
  readonly asked: CompletionExample | InstructionExample | ChatExample;
  /** All fields of the row in its file. */
  readonly row: Readonly<Record<string, unknown>>;
}
