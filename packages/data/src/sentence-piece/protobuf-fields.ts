// Protocol Buffers' wire format, as far as SentencePiece's files need it: fields one after the other, each with a number.
// https://protobuf.dev/programming-guides/encoding/

import { readVarint } from "@lowrank/contracts";

/** One field: a number, or bytes that are a text, a message or a fixed-width number. */
export type ProtobufField =
  | { readonly field: number; readonly value: number }
  | { readonly field: number; readonly bytes: Uint8Array };

/** The fields of a message, in order. Throws RangeError where the bytes end within one, or are none. */
export function* protobufFields(bytes: Uint8Array): Generator<ProtobufField, void, undefined> {
  let at = 0;
  const varint = (): number => {
    const read = readVarint(bytes, at);
    if (read === undefined) throw new RangeError(`the number at byte ${at} breaks off, or has more than ten bytes`);
    at = read.end;
    return read.value;
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new RangeError(`a field at byte ${at} is longer than its message`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (type === 0) yield { field, value: varint() };
    else if (type === 1) yield { field, bytes: take(8) };
    else if (type === 2) yield { field, bytes: take(varint()) };
    else if (type === 5) yield { field, bytes: take(4) };
    else throw new RangeError(`byte ${at - 1} begins no field`);
  }
}
