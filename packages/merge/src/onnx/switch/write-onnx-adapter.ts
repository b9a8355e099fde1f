// Writes an adapter file for ONNX Runtime, which its GenAI and its bindings for Python, C and C# load next to a session. The file
// is a FlatBuffer (onnxruntime/lora/adapter_format): tables point to their vtable, names, sizes and values by relative offsets.

import type { Adapter } from "@lowrank/adapter-format";
import { checkedNumbers } from "../change/checked-numbers.ts";
import { branchInputs } from "../change/make-switchable.ts";
import { elementTypes, floatTypeOf, type OnnxModel } from "../model/onnx-model.ts";
import { switchableMatrices, switchableModules } from "./switchable-matrices.ts";

/**
 * Makes the adapter file for a model of `makeSwitchable` with `fedBy: "adapter-files"`. Modules without LoRA in the adapter keep
 * the model's default: A and B of rank 0.
 *
 * @throws ONNX_MISFIT listing parts of the adapter without an input in the model; ONNX_OVERFLOW for values that the
 * input's type cannot store
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

/** A tensor of the file: A or B of one module. */
interface AdapterParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** ONNX's number of the type, as in `elementTypes`. */
  readonly elementType: number;
  readonly bytes: Uint8Array;
}

/** ONNX Runtime's identifier of the file type. */
const identifier = "TORT";
const formatVersion = 1;
/** Versions of the adapter and its model, for their authors. ONNX Runtime does not use them. */
const [adapterVersion, modelVersion] = [1, 1];

/** The vtable of all tables: its own size, the size of a table, then the offsets of the four fields in a table. */
const vtable = [12, 20, 4, 8, 12, 16];
const vtableAt = 8;
const rootAt = 20;
const listAt = 40;
const tableBytes = 20;

/** Encodes the file: header, vtable, root table, list of tensors, their tables, then names, sizes and values. */
function adapterFile(parameters: readonly AdapterParameter[]): Uint8Array {
  const tablesAt = listAt + 4 + 4 * parameters.length;
  let end = tablesAt + tableBytes * parameters.length;
  const located = parameters.map(({ name, shape, elementType, bytes }, index) => {
    const text = new TextEncoder().encode(name);
    const nameAt = end;
    const dimsAt = alignedLengthAt(nameAt + 4 + text.length + 1);
    const dataAt = alignedLengthAt(dimsAt + 4 + 8 * shape.length);
    end = roundUp(dataAt + 4 + bytes.length, 4);
    return { table: tablesAt + tableBytes * index, text, nameAt, shape, dimsAt, elementType, bytes, dataAt };
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  const setUint32 = (at: number, value: number) => view.setUint32(at, value, true);
  const point = (at: number, to: number) => setUint32(at, to - at);
  point(0, rootAt);
  file.set(new TextEncoder().encode(identifier), 4);
  for (const [index, offset] of vtable.entries()) view.setUint16(vtableAt + 2 * index, offset, true);
  setUint32(rootAt, rootAt - vtableAt);
  for (const [index, version] of [formatVersion, adapterVersion, modelVersion].entries())
    setUint32(rootAt + 4 + 4 * index, version);
  point(rootAt + 16, listAt);
  setUint32(listAt, located.length);
  for (const [index, { table, text, nameAt, shape, dimsAt, elementType, bytes, dataAt }] of located.entries()) {
    point(listAt + 4 + 4 * index, table);
    setUint32(table, table - vtableAt);
    point(table + 4, nameAt);
    point(table + 8, dimsAt);
    setUint32(table + 12, elementType);
    point(table + 16, dataAt);
    setUint32(nameAt, text.length);
    file.set(text, nameAt + 4);
    setUint32(dimsAt, shape.length);
    for (const [axis, size] of shape.entries()) view.setBigInt64(dimsAt + 4 + 8 * axis, BigInt(size), true);
    setUint32(dataAt, bytes.length);
    file.set(bytes, dataAt + 4);
  }
  return file;
}

/** The next position of a 4-byte length such that the data after it is aligned to 8 bytes. */
function alignedLengthAt(position: number): number {
  return roundUp(position + 4, 8) - 4;
}

function roundUp(position: number, multiple: number): number {
  return Math.ceil(position / multiple) * multiple;
}
