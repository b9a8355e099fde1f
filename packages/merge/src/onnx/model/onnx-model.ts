// The parts of an ONNX model that adapters need: nodes, their names, and the positions of weights. Source: onnx/onnx.proto of
// ONNX 1.19.

import type { ByteSource } from "@lowrank/safetensors/internal";
import { onnxFileError, bytesOf, type Field, lastOf, type Message, numberOf, numbersOf, readFields, textOf, textsOf, wireTypes } from "../wire/fields.ts";

/** A tensor in the file or in an external file. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** ONNX's number of the type, as in `elementTypes`. */
  readonly elementType: number;
  readonly message: Message;
  /** Its bytes, a raw block of little-endian numbers; undefined for other encodings. */
  readonly bytes: Uint8Array | OutsideBytes | undefined;
}

/** Bytes in an external file next to the model. */
export interface OutsideBytes {
  /** The file's name in the model. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A node, and the graphs inside it (of `If` and `Loop`). */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** "" for ONNX's own operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Modules that contain it, outermost first, if torch's newer exporter noted them. */
  readonly scopes: readonly string[];
  readonly message: Message;
  readonly graphs: readonly OnnxGraph[];
}

interface OnnxInputType {
  /** ONNX's number of the type, as in `elementTypes`; 0 if it is not a tensor. */
  readonly elementType: number;
  /** Undefined for sizes that the caller decides. */
  readonly shape: readonly (number | undefined)[];
}

/** A graph. */
export interface OnnxGraph {
  readonly message: Message;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  /** By name. */
  readonly inputs: ReadonlyMap<string, OnnxInputType>;
}

/** A model and its external files. */
export interface OnnxModel {
  /** The file's name: "model.onnx". */
  readonly name: string;
  readonly message: Message;
  readonly graph: OnnxGraph;
  /** External files of weights, by the name in the model. */
  readonly outside: ReadonlyMap<string, ByteSource>;
}

/** Options of `readOnnx`. */
export interface ReadOnnxOptions {
  /** Name in messages and of the written file; default "model.onnx". */
  readonly name?: string;
  /** Opens an external file by the plain name in the model. Needed if weights are in external files. */
  readonly openOutside?: (location: string) => Promise<ByteSource>;
}

/** Fields of ONNX's messages. */
export const modelFields = { irVersion: 1, graph: 7 } as const;
export const graphFields = { node: 1, initializer: 5, input: 11 } as const;
export const nodeFields = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7, metadata: 9 } as const;
export const attributeFields = { name: 1, float: 2, integer: 3, tensor: 5, graph: 6, integers: 8, type: 20 } as const;
export const tensorFields = { dims: 1, elementType: 2, floats: 4, integers: 7, name: 8, raw: 9, outside: 13, location: 14 } as const;

const deepestGraph = 16;
/** Metadata of torch's exporter: the modules around a node. */
const scopesKey = "pkg.torch.onnx.name_scopes";

/**
 * Reads a model; values are not read yet. Sizes are checked before memory is allocated. The name of an external file must be a
 * plain name, so it cannot leave the folder.
 *
 * @throws ONNX_FILE
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { readOnnx } from "@lowrank/merge/onnx";
 *
 * export const nodesOf = async (path: string) => (await readOnnx(await readFile(path))).graph.nodes.length;
 * ```
 */
export async function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): Promise<OnnxModel> {
  const { name = "model.onnx", openOutside } = options;
  const reader = new PartReader(name, "the model");
  const message = reader.fields(bytes);
  const graphs = message.filter(({ number, type }) => number === modelFields.graph && type === wireTypes.delimited);
  if (graphs.length !== 1) reader.fail(`it has ${graphs.length} graphs, expected one`);
  if (!message.some(({ number }) => number === modelFields.irVersion)) reader.fail("it has no version");
  const graph = readGraph(bytesOf(graphs[0]!), reader.inside("graph"), 0);
  const locations = new Set<string>();
  for (const each of allGraphs(graph)) {
    for (const { bytes: where } of each.tensors.values())
      if (where !== undefined && "location" in where) locations.add(where.location);
  }
  const weightFiles = new Map<string, ByteSource>();
  for (const location of locations) {
    if (openOutside === undefined)
      return reader.fail(`its weights are in "${location}": pass openOutside to open it`);
    weightFiles.set(location, await openOutside(location));
  }
  const model = { name, message, graph, outside: weightFiles };
  checkRanges(model, reader);
  return model;
}

/** A graph and those inside it. */
export function* allGraphs(graph: OnnxGraph): Generator<OnnxGraph> {
  yield graph;
  for (const { graphs } of graph.nodes) for (const inner of graphs) yield* allGraphs(inner);
}

function readGraph(bytes: Uint8Array, reader: PartReader, depth: number): OnnxGraph {
  if (depth > deepestGraph) reader.fail(`graphs are nested more than ${deepestGraph} deep`);
  const message = reader.fields(bytes);
  const tensors = new Map<string, OnnxTensor>();
  for (const field of every(message, graphFields.initializer)) {
    const tensor = readTensor(bytesOf(field), reader.inside(`tensor ${tensors.size}`));
    if (tensors.has(tensor.name)) reader.fail(`two tensors have the name "${tensor.name}"`);
    tensors.set(tensor.name, tensor);
  }
  const nodes = every(message, graphFields.node).map((field, index) =>
    readNode(bytesOf(field), reader.inside(`node ${index}`), depth),
  );
  const inputs = every(message, graphFields.input).map((field) => readInput(bytesOf(field), reader.inside("an input")));
  return { message, nodes, tensors, inputs: new Map(inputs) };
}

function readInput(bytes: Uint8Array, reader: PartReader): readonly [name: string, type: OnnxInputType] {
  const submessage = (message: Message, number: number): Message => {
    const field = lastOf(message, number);
    return field === undefined ? [] : reader.fields(bytesOf(field));
  };
  const message = reader.fields(bytes);
  const tensor = submessage(submessage(message, 2), 1);
  const elementType = lastOf(tensor, 1);
  const shape = every(submessage(tensor, 2), 1).map((field) => {
    const size = lastOf(reader.fields(bytesOf(field)), 1);
    return size && numberOf(size);
  });
  return [textOf(message, 1) ?? "", { elementType: elementType === undefined ? 0 : numberOf(elementType), shape }];
}

function readNode(bytes: Uint8Array, reader: PartReader, depth: number): OnnxNode {
  const message = reader.fields(bytes);
  const graphs = every(message, nodeFields.attribute).flatMap((field) => {
    const attribute = reader.fields(bytesOf(field));
    // A constant's values are read later.
    for (const tensor of every(attribute, attributeFields.tensor)) reader.inside("its tensor").fields(bytesOf(tensor));
    return every(attribute, attributeFields.graph).map((inner) =>
      readGraph(bytesOf(inner), reader.inside("its graph"), depth + 1),
    );
  });
  const noted = every(message, nodeFields.metadata)
    .map((field) => reader.fields(bytesOf(field)))
    .find((entry) => textOf(entry, 1) === scopesKey);
  return {
    name: textOf(message, nodeFields.name) ?? "",
    opType: textOf(message, nodeFields.opType) ?? "",
    domain: textOf(message, nodeFields.domain) ?? "",
    inputs: textsOf(message, nodeFields.input),
    outputs: textsOf(message, nodeFields.output),
    scopes: noted === undefined ? [] : quoted(textOf(noted, 2) ?? ""),
    message,
    graphs,
  };
}

/** Parses Python's list of names: "['', 'model', 'model.layers.0']". */
function quoted(text: string): readonly string[] {
  return text.split("'").filter((_, index) => index % 2 === 1);
}

function readTensor(bytes: Uint8Array, reader: PartReader): OnnxTensor {
  const message = reader.fields(bytes);
  const name = textOf(message, tensorFields.name) ?? "";
  const shape = numbersOf(message, tensorFields.dims);
  const badSize = shape.find((size) => !Number.isSafeInteger(size));
  if (badSize !== undefined) reader.fail(`"${name}" has a size of ${badSize}`);
  const type = lastOf(message, tensorFields.elementType);
  const elementType = type === undefined ? 0 : numberOf(type);
  return { name, shape, elementType, message, bytes: storedBytes(message, reader, name) };
}

function storedBytes(message: Message, reader: PartReader, name: string): OnnxTensor["bytes"] {
  const location = lastOf(message, tensorFields.location);
  if (location === undefined || numberOf(location) === 0) {
    const raw = lastOf(message, tensorFields.raw);
    if (raw !== undefined) return bytesOf(raw);
    // A packed field of 32-bit floats has the same bytes as a raw block.
    const floats = every(message, tensorFields.floats);
    return floats.length === 1 && floats[0]!.type === wireTypes.delimited ? bytesOf(floats[0]!) : undefined;
  }
  const attributes = new Map(
    every(message, tensorFields.outside).map((field) => {
      const entry = reader.fields(bytesOf(field));
      return [textOf(entry, 1) ?? "", textOf(entry, 2) ?? ""] as const;
    }),
  );
  const file = attributes.get("location") ?? "";
  // A file that is not trusted must not make us read other files.
  if (!/^[^/\\\0:]+$/.test(file) || file === "." || file === "..")
    reader.fail(`the values of "${name}" are in "${file}", which is not a plain file name`);
  const [offset, length] = [attributes.get("offset") ?? "0", attributes.get("length") ?? ""].map(Number) as [number, number];
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0 || !attributes.has("length"))
    reader.fail(`the values of "${name}" are ${length} bytes at ${offset}`);
  return { location: file, offset, length };
}

function checkRanges({ graph, outside }: OnnxModel, reader: PartReader): void {
  for (const { tensors } of allGraphs(graph)) {
    for (const { name, bytes } of tensors.values()) {
      if (bytes === undefined || !("location" in bytes)) continue;
      const size = outside.get(bytes.location)?.size ?? 0;
      if (bytes.offset + bytes.length > size)
        reader.fail(`"${name}" ends at byte ${bytes.offset + bytes.length} of "${bytes.location}", which has ${size}`);
    }
  }
}

function every(message: Message, number: number): readonly Field[] {
  return message.filter((field) => field.number === number);
}

/** A position in the file, for messages. */
class PartReader {
  constructor(
    private readonly file: string,
    private readonly part: string,
  ) {}

  fields(bytes: Uint8Array): Message {
    return readFields(bytes, (problem) => this.fail(problem));
  }

  inside(part: string): PartReader {
    return new PartReader(this.file, this.part === "the model" ? part : `${this.part}, ${part}`);
  }

  fail(problem: string): never {
    throw onnxFileError(this.file, this.part, problem);
  }
}

/** A type that adapters can be folded into. */
export type FloatType = "F32" | "F16" | "BF16";

/** ONNX's numbers of these types (TensorProto.DataType). */
export const elementTypes: Readonly<Record<FloatType, number>> = { F32: 1, F16: 10, BF16: 16 };

/** The float type with that number; undefined for other types. */
export function floatTypeOf(elementType: number): FloatType | undefined {
  return (Object.keys(elementTypes) as FloatType[]).find((type) => elementTypes[type] === elementType);
}
