// An adapter as a file of ONNX Runtime's own, which its GenAI and its bindings for Python, C and C# load beside a session.

import type { Adapter } from "@lowrank/adapter-format";
import { checkedNumbers } from "../change/checked-numbers.ts";
import { branchInputs } from "../change/make-switchable.ts";
import { elementTypes, floatTypeOf, type OnnxModel } from "../model/onnx-model.ts";
import { switchableMatrices, switchableModules } from "./switchable-matrices.ts";

/**
 * Makes an adapter's file for a model that `makeSwitchable` made with `fedBy: "adapter-files"`. Modules that the adapter leaves
 * alone keep the pair of rank 0 that the model has for them.
 *
 * @throws OnnxMismatchError listing what of the adapter has no place among the model's inputs; OnnxOverflowError for numbers that
 * their type cannot hold
 *
 * @example
 * ```ts
 * import { readAdapterFolder } from "@lowrank/adapter-format/node";
 * import { readOnnx, writeOnnxAdapter } from "@lowrank/merge/onnx";
 * import { readFile, writeFile } from "node:fs/promises";
 *
 * export async function forRuntime(switchableModel: string, adapter: string, out: string): Promise<void> {
 *   const model = await readOnnx(await readFile(switchableModel));
 *   await writeFile(out, writeOnnxAdapter(model, await readAdapterFolder(adapter)));
 * }
 * ```
 */
export function writeOnnxAdapter(model: OnnxModel, adapter: Adapter): Uint8Array {
  const { inputs } = model.graph;
  const modules = switchableModules([...inputs].map(([name, { shape }]) => [name, shape]));
  const parameters = [...switchableMatrices(adapter, modules, model.name)].flatMap(([path, factors]) =>
    (["a", "b"] as const).map((matrix) => {
      const name = branchInputs(path)[matrix];
      const { shape, values } = factors[matrix];
      const type = floatTypeOf(inputs.get(name)?.elementType ?? 0) ?? "F32";
      return { name, shape, elementType: elementTypes[type], bytes: checkedNumbers(name, values, type) };
    }),
  );
  return adapterFile(parameters);
}

/** A tensor of the file. */
interface AdapterParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** ONNX's number of its type, as in `elementTypes`. */
  readonly elementType: number;
  readonly bytes: Uint8Array;
}

const identifier = "TORT";
const formatVersion = 1;
/** Of the adapter and of its model: for whoever makes them; nobody reads them. */
const [adapterVersion, modelVersion] = [1, 1];

/** Places of four fields in a table, behind the length of the list itself and that of the table. */
const places = [12, 20, 4, 8, 12, 16];
const placesAt = 8;
const rootAt = 20;
const listAt = 40;
const tableBytes = 20;

/** The bytes of the file. */
function adapterFile(parameters: readonly AdapterParameter[]): Uint8Array {
  const tablesAt = listAt + 4 + 4 * parameters.length;
  let end = tablesAt + tableBytes * parameters.length;
  const laid = parameters.map(({ name, shape, elementType, bytes }, index) => {
    const text = new TextEncoder().encode(name);
    const nameAt = end;
    const dimsAt = beforeEighth(nameAt + 4 + text.length + 1);
    const dataAt = beforeEighth(dimsAt + 4 + 8 * shape.length);
    end = upTo(dataAt + 4 + bytes.length, 4);
    return { table: tablesAt + tableBytes * index, text, nameAt, shape, dimsAt, elementType, bytes, dataAt };
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  const put = (at: number, value: number) => view.setUint32(at, value, true);
  const point = (at: number, to: number) => put(at, to - at);
  point(0, rootAt);
  file.set(new TextEncoder().encode(identifier), 4);
  for (const [index, place] of places.entries()) view.setUint16(placesAt + 2 * index, place, true);
  put(rootAt, rootAt - placesAt);
  for (const [index, version] of [formatVersion, adapterVersion, modelVersion].entries())
    put(rootAt + 4 + 4 * index, version);
  point(rootAt + 16, listAt);
  put(listAt, laid.length);
  for (const [index, { table, text, nameAt, shape, dimsAt, elementType, bytes, dataAt }] of laid.entries()) {
    point(listAt + 4 + 4 * index, table);
    put(table, table - placesAt);
    point(table + 4, nameAt);
    point(table + 8, dimsAt);
    put(table + 12, elementType);
    point(table + 16, dataAt);
    put(nameAt, text.length);
    file.set(text, nameAt + 4);
    put(dimsAt, shape.length);
    for (const [axis, size] of shape.entries()) view.setBigInt64(dimsAt + 4 + 8 * axis, BigInt(size), true);
    put(dataAt, bytes.length);
    file.set(bytes, dataAt + 4);
  }
  return file;
}

/** Where a length can stand so that what follows it begins at a multiple of 8. */
function beforeEighth(position: number): number {
  return upTo(position + 4, 8) - 4;
}

function upTo(position: number, multiple: number): number {
  return Math.ceil(position / multiple) * multiple;
}
