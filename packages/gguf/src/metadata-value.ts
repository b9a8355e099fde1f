// One metadata value, by the type number that precedes it.

import type { BinaryReader } from "./binary-reader.ts";
import { GgufError, quoted } from "./errors.ts";

/** A metadata value. 64-bit integers are numbers if they are exact, else bigints. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

interface ValueType {
  readonly minBytes: number;
  readonly read: (reader: BinaryReader) => GgufValue;
}

const stringType = 8;
const arrayType = 9;
const maximumDepth = 4;
/** Vocabularies have up to some hundred thousand entries. */
const maximumArrayLength = 4_000_000;

/** The position of a value, and the remaining limits of its file. */
export interface ValueLocation {
  readonly file: string;
  readonly key: string;
  readonly items: ItemBudget;
}

/** Total number of items in a file's arrays: a file can store bytes far more densely than memory. */
interface ItemBudget {
  readonly max: number;
  left: number;
}

const valueTypes: ReadonlyMap<number, ValueType> = new Map([
  [0, { minBytes: 1, read: (reader) => reader.uint8() }],
  [1, { minBytes: 1, read: (reader) => reader.int8() }],
  [2, { minBytes: 2, read: (reader) => reader.uint16() }],
  [3, { minBytes: 2, read: (reader) => reader.int16() }],
  [4, { minBytes: 4, read: (reader) => reader.uint32() }],
  [5, { minBytes: 4, read: (reader) => reader.int32() }],
  [6, { minBytes: 4, read: (reader) => reader.float32() }],
  [7, { minBytes: 1, read: (reader) => reader.uint8() !== 0 }],
  [stringType, { minBytes: 8, read: (reader) => reader.string("a string", "value") }],
  [arrayType, { minBytes: 12, read: () => [] }], // read by `readArray`, which knows the depth
  [10, { minBytes: 8, read: (reader) => numberIfExact(reader.uint64()) }],
  [11, { minBytes: 8, read: (reader) => numberIfExact(reader.int64()) }],
  [12, { minBytes: 8, read: (reader) => reader.float64() }],
]);

/** Reads the type number and the value of a metadata entry. */
export function readValue(reader: BinaryReader, location: ValueLocation): GgufValue {
  const id = reader.uint32();
  const type = valueTypeOf(id, location);
  return id === arrayType ? readArray(reader, location, 1) : type.read(reader);
}

function readArray(reader: BinaryReader, location: ValueLocation, depth: number): readonly GgufValue[] {
  if (depth > maximumDepth) throw invalid(`has arrays nested deeper than ${maximumDepth}`, location);
  const id = reader.uint32();
  const type = valueTypeOf(id, location);
  const length = reader.count(`items of ${quoted(location.key)}`, type.minBytes);
  if (length > maximumArrayLength) {
    const problem = `The metadata ${quoted(location.key)} has ${length} items, more than ${maximumArrayLength}.`;
    throw new GgufError("GGUF_LIMIT_EXCEEDED", problem, location);
  }
  if (length > location.items.left) {
    const problem = `The metadata's arrays exceed the limit of ${location.items.max} items together, at ${quoted(location.key)}.`;
    throw new GgufError("GGUF_LIMIT_EXCEEDED", problem, location);
  }
  location.items.left -= length;
  const items: GgufValue[] = [];
  for (let index = 0; index < length; index += 1) {
    items.push(id === arrayType ? readArray(reader, location, depth + 1) : type.read(reader));
  }
  return items;
}

function valueTypeOf(id: number, location: ValueLocation): ValueType {
  const type = valueTypes.get(id);
  if (type === undefined) throw invalid(`has the unknown value type ${id}`, location);
  return type;
}

function invalid(problem: string, location: ValueLocation): GgufError {
  return new GgufError("GGUF_METADATA_INVALID", `The metadata ${quoted(location.key)} ${problem}.`, location);
}

function numberIfExact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
