// What a node's attributes say.

import { decodeToFloat32, type ByteSource } from "@lowrank/safetensors";
import { bytesOf, lastOf, type Message, messageIn, numberOf, numbersOf, textOf, wireTypes } from "../wire/fields.ts";
import { attributeFields, nodeFields, type OnnxNode, tensorFields, type OnnxTensor } from "./onnx-model.ts";

/** The numbers among a node's attributes. */
export function attributesOf(node: OnnxNode): ReadonlyMap<string, number> {
  return new Map(
    attributeMessages(node).flatMap((message) => {
      const name = textOf(message, attributeFields.name) ?? "";
      const whole = lastOf(message, attributeFields.integer);
      if (whole !== undefined) return [[name, numberOf(whole)] as const];
      const float = lastOf(message, attributeFields.float);
      if (float?.type !== wireTypes.fixed32) return [];
      return [[name, decodeToFloat32(bytesOf(float), "F32")[0] ?? 0] as const];
    }),
  );
}

/** Whether a `Transpose` turns a matrix. */
export function transposesMatrix(node: OnnxNode): boolean {
  const order = attributeMessages(node).flatMap((message) => numbersOf(message, attributeFields.integers));
  return order.length === 0 || order.join() === "1,0";
}

/** The whole numbers of a `Constant`; undefined where it holds others. */
export function constantIntegers(node: OnnxNode): readonly number[] | undefined {
  const tensors = attributeMessages(node).flatMap((message) => lastOf(message, attributeFields.tensor) ?? []);
  return tensors[0] && integersIn(messageIn(tensors[0]));
}

/** The numbers of a short tensor of type INT64. */
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
/** More than three parts nobody asks for. */
const maxIntegers = 16;

function attributeMessages({ message }: OnnxNode): readonly Message[] {
  const attributes = message.filter(({ number }) => number === nodeFields.attribute);
  return attributes.map((field) => messageIn(field));
}

/** A shape as a matrix's: what is behind the first axis are columns, a convolution's kernel among them. */
export function rowsAndColumns([rows = 0, ...rest]: readonly number[]): readonly [rows: number, columns: number] {
  return [rows, rest.reduce((product, size) => product * size, 1)];
}

/** Some of a tensor's bytes, from where they are. */
export async function storedBytes(
  bytes: OnnxTensor["bytes"],
  [begin, end]: readonly [number, number],
  outside: ReadonlyMap<string, ByteSource>,
): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes.subarray(begin, end);
  if (bytes === undefined) return new Uint8Array();
  return outside.get(bytes.location)!.read(bytes.offset + begin, end - begin);
}
