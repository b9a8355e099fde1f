// Protocol Buffers as far as ONNX needs them: a message is a list of fields, each a number and bytes. What is not looked at
// stays the bytes that it was, so that a changed model differs from the given one by the change alone; no library promises that.
// Source: protobuf.dev/programming-guides/encoding.

import { LowrankError, printable, readVarint } from "@lowrank/contracts";

/** The file is not an ONNX model, or it is damaged. Export or download it again. */
export class OnnxFileError extends LowrankError {
  constructor(
    /** Name of the file. */
    readonly file: string,
    /** Where in the model: "graph, node 12". */
    readonly place: string,
    readonly problem: string,
  ) {
    super("ONNX_FILE", `${printable(file)} is not a readable ONNX model: ${place}: ${problem}`);
  }
}

/** Bytes that are made when they are written, piece by piece; their number is known before. */
export interface LaterBytes {
  readonly length: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** One field of a message. */
export interface Field {
  readonly number: number;
  readonly type: WireType;
  /** Without tag and length. A message that was changed is a list of fields. */
  readonly content: Uint8Array | LaterBytes | readonly Field[];
}

/** A message, field after field as the file has them. */
export type Message = readonly Field[];

/** How a field's bytes are delimited. */
export const wireTypes = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** One of the four. */
type WireType = (typeof wireTypes)[keyof typeof wireTypes];

/** A field takes some hundred bytes of memory, so that a file of tiny ones would take fifty times its size. */
const maxFields = 2 ** 20;

/** Reads a message; `fail` is told what is wrong. */
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

/** The number in a varint field; not exact beyond 2⁵³, and not for negative ones. */
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

/** The last field of that number, which counts where there should be one. */
export function lastOf(message: Message, number: number): Field | undefined {
  return message.filter((field) => field.number === number).at(-1);
}

/** The message in a field, which was read before. */
export function messageIn(field: Field): Message {
  return readFields(bytesOf(field), (problem) => {
    throw new Error(problem);
  });
}

/** The last text of that number, as protobuf has it. */
export function textOf(message: Message, number: number): string | undefined {
  const field = lastOf(message, number);
  return field === undefined ? undefined : decoder.decode(bytesOf(field));
}

/** All texts of that number. */
export function textsOf(message: Message, number: number): readonly string[] {
  return message.filter((field) => field.number === number).map((field) => decoder.decode(bytesOf(field)));
}
