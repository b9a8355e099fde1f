// Images in conversations: a chat template writes a placeholder for each, and the model reads its tokens instead.

import { TemplateError } from "../errors.ts";
import type { ChatMessage, Example, ImagePart } from "../example.ts";
import type { PromptTemplate, RenderedExample } from "./prompt-template.ts";

/** The images of messages, in order. */
export function imageParts(messages: readonly ChatMessage[]): readonly ImagePart[] {
  return messages.flatMap(({ parts = [] }) => parts.flatMap((part) => (part.type === "image" ? [part] : [])));
}

/** The messages with other images. */
export function withImages<Message extends ChatMessage>(
  messages: readonly Message[],
  change: (image: ImagePart) => ImagePart,
): readonly Message[] {
  if (imageParts(messages).length === 0) return messages;
  return messages.map((message) => {
    const { parts } = message;
    return parts === undefined
      ? message
      : { ...message, parts: parts.map((part) => (part.type === "image" ? change(part) : part)) };
  });
}

/** The example as text, with each image as the tokens that the model reads. Throws TemplateError if the template leaves one out. */
export function renderWithImages(template: PromptTemplate, example: Example): RenderedExample {
  const rendered = template.render(example);
  const images = example.kind === "chat" ? imageParts(example.messages) : [];
  return images.length === 0 ? rendered : readImages(rendered, images, template.name);
}

function readImages(rendered: RenderedExample, images: readonly ImagePart[], template: string): RenderedExample {
  const [{ wording: { written } = { written: "" } } = {}] = images;
  if (written === undefined || written === "")
    throw new TemplateError(template, "the conversation has images, which this model does not read.");
  const pieces = rendered.segments.map(({ text }) => text.split(written));
  const count = pieces.reduce((sum, { length }) => sum + length - 1, 0);
  if (count !== images.length) {
    const found = `it writes "${written}" ${count} times for ${images.length} images`;
    throw new TemplateError(template, `${found}. Use the model's chat template, and no "${written}" in texts.`);
  }
  let image = 0;
  const segments = rendered.segments.map((segment, index) => {
    const [first = "", ...others] = pieces[index] ?? [];
    return {
      ...segment,
      text: others.reduce((text, piece) => text + (images[image++]?.wording?.read ?? "") + piece, first),
    };
  });
  return { ...rendered, segments };
}
