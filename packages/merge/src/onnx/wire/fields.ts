// The part of Protocol Buffers that ONNX needs: a message is a list of fields, each with a number and bytes. Fields that are not
// parsed keep their bytes, so a changed model differs only by the change. No library guarantees that. Source:
// protobuf.dev/programming-guides/encoding.

import { failure, printable, readVarint } from "@lowrank/contracts/internal";

/** The file is not an ONNX model, or it is damaged. Export or download it again. */
export function onnxFileError(
  file: string /** The position in the model: "graph, node 12". */,
  location: string,
  problem: string,
) {
  return failure("ONNX_FILE", `${printable(file)} is not a readable ONNX model: ${location}: ${problem}`, {
    file,
    location,
    problem,
  });
}

/** Bytes that are made while they are written. Their number is known before. */
export interface LaterBytes {
  readonly length: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** One field of a message. */
export interface Field {
  readonly number: number;
  readonly type: WireType;
  /** Without tag and length. A changed message is a list of fields. */
  readonly content: Uint8Array | LaterBytes | readonly Field[];
}

/** A message: its fields in file order. */
export type Message = readonly Field[];

/** Protobuf's encodings of a field's length. */
export const wireTypes = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** One of these four numbers. */
type WireType = (typeof wireTypes)[keyof typeof wireTypes];

/** Maximum number of fields of a message: each takes about a hundred bytes of memory, so a file of tiny fields would need fifty times its size. */
const maxFields = 2 ** 20;

/** Reads a message. `fail` is called with the problem. */
export function readFields(bytes: Uint8Array, fail: (problem: string) => never): Message {
  const fields: Field[] = [];
  let position = 0;
  const varint = (): number => {
    const { value, end } =
      readVarint(bytes, position) ?? fail(`a number is cut off at byte ${position} of ${bytes.length}`);
    position = end;
    return value;
  };
  while (position < bytes.length) {
    if (fields.length === maxFields) fail(`more than ${maxFields} fields in one message`);
    const tag = varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (number < 1 || number >= 2 ** 29) fail(`field number ${number} at byte ${position}`);
    const begin = type === wireTypes.delimited ? -1 : position;
    const length = type === wireTypes.delimited ? varint() : lengthOf(bytes, position, type);
    if (length === undefined) return fail(`wire type ${type} at byte ${position}`);
    const start = begin === -1 ? position : begin;
    if (length > bytes.length - start) fail(`field ${number} claims ${length} bytes, ${bytes.length - start} are left`);
    fields.push({ number, type: type as WireType, content: bytes.subarray(start, start + length) });
    position = start + length;
  }
  return fields;
}

function lengthOf(bytes: Uint8Array, position: number, type: number): number | undefined {
  if (type === wireTypes.fixed64) return 8;
  if (type === wireTypes.fixed32) return 4;
  if (type !== wireTypes.varint) return undefined;
  const end = readVarint(bytes, position)?.end;
  return end === undefined ? bytes.length : end - position;
}

/** The bytes of a field that was read. */
export function bytesOf({ content }: Field): Uint8Array {
  return content instanceof Uint8Array ? content : new Uint8Array();
}

/** The number in a varint field; inexact beyond 2⁵³, and wrong for negative numbers. */
export function numberOf(field: Field): number {
  return readVarint(bytesOf(field), 0)?.value ?? 0;
}

/** Numbers of a repeated field, packed or not. */
export function numbersOf(message: Message, number: number): readonly number[] {
  return message
    .filter((field) => field.number === number)
    .flatMap((field) => {
      if (field.type !== wireTypes.delimited) return [numberOf(field)];
      const bytes = bytesOf(field);
      const numbers: number[] = [];
      for (let at = 0; at < bytes.length; ) {
        const { value, end } = readVarint(bytes, at) ?? { value: 0, end: bytes.length };
        numbers.push(value);
        at = end;
      }
      return numbers;
    });
}

const decoder = new TextDecoder();

/** The last field with that number, which is valid if the field may occur once. */
export function lastOf(message: Message, number: number): Field | undefined {
  return message.filter((field) => field.number === number).at(-1);
}

/** The message in a field that was read before. */
export function messageIn(field: Field): Message {
  return readFields(bytesOf(field), (problem) => {
    throw new Error(problem);
  });
}

/** The last string with that field number. */
export function textOf(message: Message, number: number): string | undefined {
  const field = lastOf(message, number);
  return field === undefined ? undefined : decoder.decode(bytesOf(field));
}

/** All strings with that field number. */
export function textsOf(message: Message, number: number): readonly string[] {
  return message.filter((field) => field.number === number).map((field) => decoder.decode(bytesOf(field)));
}
