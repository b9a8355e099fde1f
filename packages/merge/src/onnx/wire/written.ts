// Encodes fields as bytes.

import { varint } from "@lowrank/contracts/internal";
import { type Field, type Message, wireTypes } from "./fields.ts";

const encoder = new TextEncoder();

/** A field with a string, bytes or a message. */
export function delimited(number: number, content: string | Field["content"]): Field {
  return {
    number,
    type: wireTypes.delimited,
    content: typeof content === "string" ? encoder.encode(content) : content,
  };
}

/** A field with an integer ≥ 0. */
export function uint(number: number, value: number): Field {
  return { number, type: wireTypes.varint, content: varint(value) };
}

/** Length of a message in bytes. */
export function lengthOf(message: Message): number {
  return message.reduce((sum, { number, type, content }) => {
    const length = contentLength(content);
    const size = type === wireTypes.delimited ? varint(length).length : 0;
    return sum + varint(number * 8 + type).length + size + length;
  }, 0);
}

/** The bytes of a message, piece by piece. Unchanged parts are given without a copy. */
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
