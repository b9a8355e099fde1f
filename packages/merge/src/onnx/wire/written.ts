// Fields → bytes.

import { varint } from "@lowrank/contracts";
import { type Field, type Message, wireTypes } from "./fields.ts";

const encoder = new TextEncoder();

/** A field of text, bytes or another message. */
export function delimited(number: number, content: string | Field["content"]): Field {
  return {
    number,
    type: wireTypes.delimited,
    content: typeof content === "string" ? encoder.encode(content) : content,
  };
}

/** A field of a whole number ≥ 0. */
export function whole(number: number, value: number): Field {
  return { number, type: wireTypes.varint, content: varint(value) };
}

/** Bytes of a message. */
export function lengthOf(message: Message): number {
  return message.reduce((sum, { number, type, content }) => {
    const length = contentLength(content);
    const size = type === wireTypes.delimited ? varint(length).length : 0;
    return sum + varint(number * 8 + type).length + size + length;
  }, 0);
}

/** The bytes of a message, piece by piece; what was read is given as it lies in memory. */
export async function* piecesOf(message: Message): AsyncGenerator<Uint8Array> {
  for (const { number, type, content } of message) {
    yield varint(number * 8 + type);
    if (type === wireTypes.delimited) yield varint(contentLength(content));
    if (content instanceof Uint8Array) yield content;
    else if (isMessage(content)) yield* piecesOf(content);
    else yield* content.pieces();
  }
}

function contentLength(content: Field["content"]): number {
  return isMessage(content) ? lengthOf(content) : content.length;
}

function isMessage(content: Field["content"]): content is readonly Field[] {
  return Array.isArray(content);
}
