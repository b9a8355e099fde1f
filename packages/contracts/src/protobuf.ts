// The parts of Protocol Buffers' wire format that files of ONNX, SentencePiece and TensorBoard need.
// https://protobuf.dev/programming-guides/encoding/

/** The bytes of an integer; a negative one as its two's complement in 64 bits. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

/**
 * The number at a position, and its end. Undefined if the bytes end within it, or if it has more than ten bytes. Not exact beyond
 * 2⁵³, which includes negative numbers.
 */
export function readVarint(bytes: Uint8Array, position: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[position + index];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, end: position + index + 1 };
  }
  return undefined;
}

/** The bytes of a field: a whole number, a text, or the bytes of a text or a message. */
export function protobufField(number: number, content: number | string | Uint8Array): Uint8Array {
  if (typeof content === "number") return Uint8Array.from([...varint(number * 8), ...varint(content)]);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const head = [...varint(number * 8 + 2), ...varint(bytes.length)];
  const field = new Uint8Array(head.length + bytes.length);
  field.set(head);
  field.set(bytes, head.length);
  return field;
}
