// The images of prompts: their tokens in the prompts, and their pixels.

import { imageParts } from "@lowrank/data/internal";
import { type ImageTensors, MessageImages } from "../media/message-images.ts";
import type { MediaReader } from "../media/prepare-media.ts";
import { type PlainPrompt, plainPrompt, type TextPrompt } from "./prompt-ids.ts";

/** Prompts whose images have their tokens. */
export interface PromptsWithImages {
  readonly prompts: readonly PlainPrompt[];
  /** Undefined without images. */
  readonly images: MessageImages | undefined;
}

/** Whether a prompt has an image. */
export function showsImages(prompt: PlainPrompt): boolean {
  return typeof prompt !== "string" && imageParts(prompt.messages).length > 0;
}

/** Reads the images, and inserts their tokens. Throws ExampleError, PREPROCESSOR_MISSING, IMAGE_PREPARATION, MEDIA_UNREADABLE, DECODER_MISSING. */
export async function readImages(textPrompts: readonly TextPrompt[], reader: MediaReader): Promise<PromptsWithImages> {
  const prompts = textPrompts.map(plainPrompt);
  const images = prompts.some(showsImages) ? await MessageImages.of(reader) : undefined;
  if (images === undefined) return { prompts, images };
  const worded = prompts.map(async (prompt) =>
    typeof prompt === "string" ? prompt : { ...prompt, messages: await images.worded(prompt.messages) },
  );
  return { prompts: await Promise.all(worded), images };
}

/** The images of all prompts, whose tensor the caller owns; undefined without images. */
export async function imageTensorsOf({ prompts, images }: PromptsWithImages): Promise<ImageTensors | undefined> {
  const messages = prompts.flatMap((prompt) => (typeof prompt === "string" ? [] : prompt.messages));
  return images?.tensors(messages);
}
