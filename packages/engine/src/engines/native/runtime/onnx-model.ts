// Writes ONNX models of a few nodes as protobuf bytes (field numbers of onnx.proto3). Inputs carry no shape, so one session
// serves tensors of every size.

import { protobufField, varint } from "@lowrank/contracts/internal";
import { joined } from "../../../packed/block-numbers.ts";

/** Numbers of onnx.TensorProto.DataType. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;

/** Values that a session may read or write in place. */
export type NativeValues = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Uint16Array;

export type ElementType = keyof typeof elementTypes;

/** An attribute: an integer, integers, a text, or a float (marked, since JavaScript has one kind of number). */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/** One operation of a graph. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** "com.microsoft" for ONNX Runtime's own operations. */
  readonly domain?: string;
}

/** A named value that enters a graph. */
export interface OnnxInput {
  readonly name: string;
  /** Default float32. */
  readonly type?: ElementType;
  /** Sizes, or names of such as vary; absent: any shape. */
  readonly shape?: readonly (number | string)[];
}

/** A value that is part of a graph. A constant matrix is brought once into the order that its product reads. */
export interface OnnxConstant {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: NativeValues;
}

/** A graph: its inputs, operations and outputs. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  readonly constants?: readonly OnnxConstant[];
  /** Types of outputs that are not float32. */
  readonly outputTypes?: Readonly<Partial<Record<string, ElementType>>>;
}

const operatorSet = 21;
const intermediateFormat = 10;

/** The graph as the bytes of a ModelProto, into which constants are copied once. */
export function encodeModel({ inputs, outputs, nodes, constants = [], outputTypes = {} }: OnnxGraph): Uint8Array {
  const body = [
    ...nodes.map((node) => protobufField(1, encodeNode(node))),
    protobufField(2, "lowrank"),
    ...constants.flatMap((constant) => piecesField(5, encodeConstant(constant))),
    ...inputs.map(({ name, type, shape }) => protobufField(11, encodeValue(name, type ?? "float32", shape))),
    ...outputs.map((name) => protobufField(12, encodeValue(name, outputTypes[name] ?? "float32"))),
  ];
  return join([
    protobufField(1, intermediateFormat),
    ...piecesField(7, body),
    protobufField(8, join([protobufField(1, ""), protobufField(2, operatorSet)])),
    protobufField(8, join([protobufField(1, "com.microsoft"), protobufField(2, 1)])),
  ]);
}

/** The pieces of a TensorProto. */
function encodeConstant({ name, type, shape, values }: OnnxConstant): readonly Uint8Array[] {
  return [
    ...shape.map((size) => protobufField(1, size)),
    protobufField(2, elementTypes[type]),
    protobufField(8, name),
    ...piecesField(9, [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]),
  ];
}

function encodeNode({ op, inputs, outputs, attributes = {}, domain }: OnnxNode): Uint8Array {
  return join([
    ...inputs.map((name) => protobufField(1, name)),
    ...outputs.map((name) => protobufField(2, name)),
    protobufField(4, op),
    ...Object.entries(attributes).map(([name, value]) => protobufField(5, encodeAttribute(name, value))),
    ...(domain === undefined ? [] : [protobufField(7, domain)]),
  ]);
}

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  const head = protobufField(1, name);
  if (typeof value === "number") return join([head, protobufField(3, value), protobufField(20, 2)]);
  if (typeof value === "string") return join([head, protobufField(4, value), protobufField(20, 3)]);
  if ("float" in value) return join([head, floatField(2, value.float), protobufField(20, 1)]);
  return join([head, ...value.map((entry) => protobufField(8, entry)), protobufField(20, 7)]);
}

function encodeValue(name: string, type: ElementType, shape?: OnnxInput["shape"]): Uint8Array {
  const axes = shape?.map((size) => protobufField(1, protobufField(typeof size === "number" ? 1 : 2, size)));
  const sizes = axes === undefined ? [] : [protobufField(2, join(axes))];
  const tensorType = join([protobufField(1, elementTypes[type]), ...sizes]);
  return join([protobufField(1, name), protobufField(2, protobufField(1, tensorType))]);
}

function piecesField(field: number, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [varint(field * 8 + 2), varint(length), ...pieces];
}

function floatField(field: number, value: number): Uint8Array {
  return join([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

const join = (parts: readonly Uint8Array[]): Uint8Array => joined(parts, Uint8Array);
