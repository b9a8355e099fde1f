// Reads attributes and constants of nodes.

import { decodeToFloat32 } from "@lowrank/safetensors";
import { type ByteSource } from "@lowrank/safetensors/internal";
import { bytesOf, lastOf, type Message, messageIn, numberOf, numbersOf, textOf, wireTypes } from "../wire/fields.ts";
import { attributeFields, nodeFields, type OnnxNode, tensorFields, type OnnxTensor } from "./onnx-model.ts";

/** The numeric attributes of a node. */
export function attributesOf(node: OnnxNode): ReadonlyMap<string, number> {
  return new Map(
    attributeMessages(node).flatMap((message) => {
      const name = textOf(message, attributeFields.name) ?? "";
      const integer = lastOf(message, attributeFields.integer);
      if (integer !== undefined) return [[name, numberOf(integer)] as const];
      const float = lastOf(message, attributeFields.float);
      if (float?.type !== wireTypes.fixed32) return [];
      return [[name, decodeToFloat32(bytesOf(float), "F32")[0] ?? 0] as const];
    }),
  );
}

/** Whether a `Transpose` transposes a matrix. */
export function transposesMatrix(node: OnnxNode): boolean {
  const order = attributeMessages(node).flatMap((message) => numbersOf(message, attributeFields.integers));
  return order.length === 0 || order.join() === "1,0";
}

/** The integers of a `Constant`; undefined for other values. */
export function constantIntegers(node: OnnxNode): readonly number[] | undefined {
  const tensors = attributeMessages(node).flatMap((message) => lastOf(message, attributeFields.tensor) ?? []);
  return tensors[0] && integersIn(messageIn(tensors[0]));
}

/** The values of a short INT64 tensor. */
export function integersIn(tensor: Message): readonly number[] | undefined {
  const type = lastOf(tensor, tensorFields.elementType);
  if (type === undefined || numberOf(type) !== int64) return undefined;
  const raw = lastOf(tensor, tensorFields.raw);
  if (raw === undefined) return numbersOf(tensor, tensorFields.integers);
  const bytes = bytesOf(raw);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.length / 8);
  return count > maxIntegers ? undefined : Array.from({ length: count }, (_, at) => Number(view.getBigInt64(8 * at, true)));
}

const int64 = 7;
/** At most three parts (query, key, value) are needed; this is more. */
const maxIntegers = 16;

function attributeMessages({ message }: OnnxNode): readonly Message[] {
  const attributes = message.filter(({ number }) => number === nodeFields.attribute);
  return attributes.map((field) => messageIn(field));
}

/** A shape as that of a matrix: all axes after the first are columns, such as a convolution's kernel. */
export function rowsAndColumns([rows = 0, ...rest]: readonly number[]): readonly [rows: number, columns: number] {
  return [rows, rest.reduce((product, size) => product * size, 1)];
}

/** Reads some of a tensor's bytes, from the model or an external file. */
export async function storedBytes(
  bytes: OnnxTensor["bytes"],
  [begin, end]: readonly [number, number],
  outside: ReadonlyMap<string, ByteSource>,
): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes.subarray(begin, end);
  if (bytes === undefined) return new Uint8Array();
  return outside.get(bytes.location)!.read(bytes.offset + begin, end - begin);
}
