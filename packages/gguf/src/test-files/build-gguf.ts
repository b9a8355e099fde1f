// Builds small GGUF files for tests, with every count and offset open to lies.

/** A metadata value with the number of its type. */
export interface BuiltValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface BuiltTensor {
  readonly name: string;
  /** As the file stores it: innermost axis first. */
  readonly dimensions: readonly (number | bigint)[];
  readonly type: number;
  readonly data: Uint8Array;
  /** Instead of the offset that follows from the data. */
  readonly offset?: bigint;
}

export interface BuiltFile {
  readonly magic?: string;
  readonly version?: number;
  readonly metadata?: readonly (readonly [key: string, value: BuiltValue])[];
  readonly tensors?: readonly BuiltTensor[];
  readonly tensorCount?: bigint;
  readonly metadataCount?: bigint;
  readonly alignment?: number;
}

export const u8 = (value: number): BuiltValue => ({ type: 0, bytes: Uint8Array.of(value) });
export const i8 = (value: number): BuiltValue => ({ type: 1, bytes: Uint8Array.of(value) });
export const u16 = (value: number): BuiltValue => number(2, 2, (view) => view.setUint16(0, value, true));
export const i16 = (value: number): BuiltValue => number(3, 2, (view) => view.setInt16(0, value, true));
export const u32 = (value: number): BuiltValue => number(4, 4, (view) => view.setUint32(0, value, true));
export const i32 = (value: number): BuiltValue => number(5, 4, (view) => view.setInt32(0, value, true));
export const f32 = (value: number): BuiltValue => number(6, 4, (view) => view.setFloat32(0, value, true));
export const bool = (value: boolean): BuiltValue => ({ type: 7, bytes: Uint8Array.of(value ? 1 : 0) });
export const text = (value: string | Uint8Array): BuiltValue => ({ type: 8, bytes: textBytes(value) });
export const u64 = (value: bigint): BuiltValue => ({ type: 10, bytes: u64Bytes(value) });
export const i64 = (value: bigint): BuiltValue => ({ type: 11, bytes: u64Bytes(BigInt.asUintN(64, value)) });
export const f64 = (value: number): BuiltValue => number(12, 8, (view) => view.setFloat64(0, value, true));

/** An array of values of one type; `length` may lie. */
export function array(
  items: readonly BuiltValue[],
  type = items[0]?.type ?? 0,
  length = BigInt(items.length),
): BuiltValue {
  return { type: 9, bytes: join([u32(type).bytes, u64Bytes(length), ...items.map((item) => item.bytes)]) };
}

export function buildGguf(file: BuiltFile): Uint8Array {
  const { magic = "GGUF", version = 3, metadata = [], tensors = [], alignment = 32 } = file;
  const parts = [
    new TextEncoder().encode(magic),
    u32(version).bytes,
    u64Bytes(file.tensorCount ?? BigInt(tensors.length)),
    u64Bytes(file.metadataCount ?? BigInt(metadata.length)),
    ...metadata.map(([key, value]) => join([textBytes(key), u32(value.type).bytes, value.bytes])),
  ];
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(
      textBytes(tensor.name),
      u32(tensor.dimensions.length).bytes,
      ...tensor.dimensions.map((dimension) => u64Bytes(BigInt(dimension))),
      u32(tensor.type).bytes,
      u64Bytes(tensor.offset ?? BigInt(offset)),
    );
    offset += roundUp(tensor.data.length, alignment);
  }
  const header = join(parts);
  return join([padded(header, alignment), ...tensors.map((tensor) => padded(tensor.data, alignment))]);
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}

export function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** A source that notes what was read. */
export function sourceOf(bytes: Uint8Array, size = bytes.length) {
  const reads: { offset: number; length: number }[] = [];
  return {
    name: "test.gguf",
    size,
    reads,
    async read(offset: number, length: number): Promise<Uint8Array> {
      reads.push({ offset, length });
      return bytes.subarray(offset, offset + length);
    },
  };
}

function textBytes(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return join([u64Bytes(BigInt(bytes.length)), bytes]);
}

function number(type: number, size: number, set: (view: DataView) => void): BuiltValue {
  const bytes = new Uint8Array(size);
  set(new DataView(bytes.buffer));
  return { type, bytes };
}

function padded(bytes: Uint8Array, alignment: number): Uint8Array {
  return join([bytes, new Uint8Array(roundUp(bytes.length, alignment) - bytes.length)]);
}

function roundUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
