// Files of ONNX Runtime's own adapters, .onnx_adapter: a FlatBuffer of named tensors. Both of its kinds of tables have four fields
// of four bytes, so that one list of places does for all of them, and everything lies in the order in which it is listed.
// Source: onnxruntime/lora/adapter_format/adapter_schema.fbs of ONNX Runtime 1.20 to 1.31; flatbuffers.dev/internals.

/** A tensor of the file. */
export interface AdapterParameter {
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
export function adapterFile(parameters: readonly AdapterParameter[]): Uint8Array {
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
