// Writes ONNX models of a few nodes as protobuf bytes (field numbers of onnx.proto3). Inputs carry no shape, so one session
// serves tensors of every size.

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

/** A graph: what goes in, what is done, what comes out. */
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
    ...nodes.map((node) => bytesField(1, encodeNode(node))),
    textField(2, "lowrank"),
    ...constants.flatMap((constant) => piecesField(5, encodeConstant(constant))),
    ...inputs.map(({ name, type, shape }) => bytesField(11, encodeValue(name, type ?? "float32", shape))),
    ...outputs.map((name) => bytesField(12, encodeValue(name, outputTypes[name] ?? "float32"))),
  ];
  return join([
    integerField(1, intermediateFormat),
    ...piecesField(7, body),
    bytesField(8, join([textField(1, ""), integerField(2, operatorSet)])),
    bytesField(8, join([textField(1, "com.microsoft"), integerField(2, 1)])),
  ]);
}

/** The pieces of a TensorProto. */
function encodeConstant({ name, type, shape, values }: OnnxConstant): readonly Uint8Array[] {
  return [
    ...shape.map((size) => integerField(1, size)),
    integerField(2, elementTypes[type]),
    textField(8, name),
    ...piecesField(9, [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]),
  ];
}

function encodeNode({ op, inputs, outputs, attributes = {}, domain }: OnnxNode): Uint8Array {
  return join([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytesField(5, encodeAttribute(name, value))),
    ...(domain === undefined ? [] : [textField(7, domain)]),
  ]);
}

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  const head = textField(1, name);
  if (typeof value === "number") return join([head, integerField(3, value), integerField(20, 2)]);
  if (typeof value === "string") return join([head, textField(4, value), integerField(20, 3)]);
  if ("float" in value) return join([head, floatField(2, value.float), integerField(20, 1)]);
  return join([head, ...value.map((entry) => integerField(8, entry)), integerField(20, 7)]);
}

function encodeValue(name: string, type: ElementType, shape?: OnnxInput["shape"]): Uint8Array {
  const axes = shape?.map((size) =>
    bytesField(1, typeof size === "number" ? integerField(1, size) : textField(2, size)),
  );
  const sizes = axes === undefined ? [] : [bytesField(2, join(axes))];
  const tensorType = join([integerField(1, elementTypes[type]), ...sizes]);
  return join([textField(1, name), bytesField(2, bytesField(1, tensorType))]);
}

const encoder = new TextEncoder();

function integerField(field: number, value: number): Uint8Array {
  return join([varint(field << 3), varint(value)]);
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return join(piecesField(field, [bytes]));
}

function piecesField(field: number, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [varint((field << 3) | 2), varint(length), ...pieces];
}

function textField(field: number, text: string): Uint8Array {
  return bytesField(field, encoder.encode(text));
}

function floatField(field: number, value: number): Uint8Array {
  return join([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

/** Negative numbers as protobuf wants them: two's complement in 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
