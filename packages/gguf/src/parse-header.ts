// Parses the start of a GGUF file: magic, version, metadata, and the position of each tensor. Format:
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import { describeLfsPointer } from "@lowrank/contracts/internal";
import { BinaryReader } from "./binary-reader.ts";
import { GgufError, quoted } from "./errors.ts";
import { type GgufValue, readValue, type ValueLocation } from "./metadata-value.ts";
import { describeUnknownType, type TensorType, tensorTypeOfId } from "./tensor-types.ts";

/** One tensor of a file. */
export interface GgufTensorInfo {
  readonly name: string;
  /** "F32", "Q4_1", … */
  readonly type: string;
  /** Outermost axis first, like torch and safetensors; the file stores the reverse order. */
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Everything before the tensors' bytes. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Position of each metadata value in the file, from its type number on. */
  readonly ranges: ReadonlyMap<string, ByteRange>;
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
}

/** Bytes of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Limits on a file's sizes. */
export interface GgufLimits {
  readonly maxTensors: number;
  readonly maxMetadata: number;
  readonly maxItems: number;
}

const magic = 0x46554747; // "GGUF"
const maximumDimensions = 4; // GGML_MAX_DIMS

/** Parses the header in `bytes`, which may be only the file's beginning. Throws NeedMoreBytes if it ends too soon. */
export function parseHeader(
  bytes: Uint8Array,
  file: { readonly name: string; readonly size: number },
  limits: GgufLimits,
): GgufHeader {
  const reader = new BinaryReader(bytes, file);
  const version = readVersion(reader, bytes, file.name);
  const tensorCount = limited(reader.count("tensors", 24), limits.maxTensors, "tensors", file.name);
  const metadataCount = limited(
    reader.count("metadata entries", 13),
    limits.maxMetadata,
    "metadata entries",
    file.name,
  );
  const items = { max: limits.maxItems, left: limits.maxItems };
  const { metadata, ranges } = readMetadata(reader, metadataCount, { file: file.name, items });
  const alignment = alignmentOf(metadata, file.name);
  const relative = readTensors(reader, tensorCount, file.name);
  const dataStart = Math.ceil(reader.position / alignment) * alignment;
  const tensors = relative.map((info) => ({ ...info, offset: dataStart + info.offset }));
  checkPlaces(tensors, { alignment, dataStart, file });
  return { version, metadata, ranges, tensors: new Map(tensors.map((info) => [info.name, info])) };
}

function readVersion(reader: BinaryReader, bytes: Uint8Array, file: string): number {
  const start = reader.uint32();
  if (start !== magic) {
    const kind = describeLfsPointer(bytes) ?? 'not a GGUF file: it does not start with "GGUF"';
    const problem = `This is ${kind}.`;
    throw new GgufError("GGUF_NOT_GGUF", problem, { file, offset: 0 });
  }
  const version = reader.uint32();
  if (version === 2 || version === 3) return version;
  const reason = version % 65_536 === 0 ? "it is big-endian" : `its version is ${version}`;
  const problem = `Only little-endian files of version 2 and 3 are supported, but ${reason}. Convert it with llama.cpp's tools.`;
  throw new GgufError("GGUF_VERSION_UNSUPPORTED", problem, { file, offset: 4 });
}

function limited(count: number, limit: number, what: string, file: string): number {
  if (count <= limit) return count;
  throw new GgufError("GGUF_LIMIT_EXCEEDED", `The file has ${count} ${what}, more than the limit of ${limit}.`, {
    file,
  });
}

function readMetadata(
  reader: BinaryReader,
  count: number,
  { file, items }: Omit<ValueLocation, "key">,
): Pick<GgufHeader, "metadata" | "ranges"> {
  const metadata = new Map<string, GgufValue>();
  const ranges = new Map<string, ByteRange>();
  for (let index = 0; index < count; index += 1) {
    const key = reader.string("metadata key", "name");
    if (metadata.has(key)) {
      throw new GgufError("GGUF_METADATA_INVALID", `The metadata ${quoted(key)} occurs twice.`, { file, key });
    }
    const offset = reader.position;
    metadata.set(key, readValue(reader, { file, key, items }));
    ranges.set(key, { offset, length: reader.position - offset });
  }
  return { metadata, ranges };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, file: string): number {
  const alignment = metadata.get("general.alignment") ?? 32;
  const isPowerOfTwo = typeof alignment === "number" && alignment >= 1 && Number.isInteger(Math.log2(alignment));
  if (isPowerOfTwo && alignment <= 65_536) return alignment;
  const problem = 'The metadata "general.alignment" is not a power of two up to 65536.';
  throw new GgufError("GGUF_METADATA_INVALID", problem, { file, key: "general.alignment" });
}

/** Tensors with the file's offsets, relative to the start of the data. */
function readTensors(reader: BinaryReader, count: number, file: string): GgufTensorInfo[] {
  const names = new Set<string>();
  const tensors: GgufTensorInfo[] = [];
  for (let index = 0; index < count; index += 1) {
    const info = readTensor(reader, file);
    if (names.has(info.name)) throw invalidTensor("occurs twice", info.name, file);
    names.add(info.name);
    tensors.push(info);
  }
  return tensors;
}

function readTensor(reader: BinaryReader, file: string): GgufTensorInfo {
  const name = reader.string("tensor name", "name");
  const rank = reader.uint32();
  if (rank > maximumDimensions)
    throw invalidTensor(`has ${rank} dimensions, more than ${maximumDimensions}`, name, file);
  const shape = Array.from({ length: rank }, () => Number(reader.uint64())).reverse();
  const typeId = reader.uint32();
  const offset = Number(reader.uint64());
  const type = tensorTypeOfId(typeId);
  if (type === undefined) throw invalidTensor(`has ${describeUnknownType(typeId)}`, name, file);
  const byteLength = byteLengthOf(shape, type);
  if (byteLength === undefined) {
    throw invalidTensor(`of type ${type.name} cannot have the shape [${shape.join(", ")}]`, name, file);
  }
  return { name, type: type.name, shape, offset, byteLength };
}

/** Bytes of a tensor; undefined if a row is not a whole number of blocks, or the size is over 2⁵³. */
function byteLengthOf(shape: readonly number[], type: TensorType): number | undefined {
  if ((shape.at(-1) ?? 1) % type.blockSize !== 0) return undefined;
  let elements = 1;
  for (const dimension of shape) {
    elements *= dimension;
    if (!Number.isSafeInteger(dimension) || !Number.isSafeInteger(elements)) return undefined;
  }
  const byteLength = (elements / type.blockSize) * type.blockBytes;
  return Number.isSafeInteger(byteLength) ? byteLength : undefined;
}

/** Every tensor starts aligned, ends within the file, and shares no byte with another. */
function checkPlaces(
  tensors: readonly GgufTensorInfo[],
  location: {
    readonly alignment: number;
    readonly dataStart: number;
    readonly file: { readonly name: string; readonly size: number };
  },
): void {
  const inOrder = [...tensors].sort((left, right) => left.offset - right.offset || left.byteLength - right.byteLength);
  let previousEnd = location.dataStart;
  for (const { name, offset, byteLength } of inOrder) {
    if ((offset - location.dataStart) % location.alignment !== 0) {
      throw invalidTensor(
        `starts at byte ${offset}, which is not aligned to ${location.alignment}`,
        name,
        location.file.name,
      );
    }
    if (offset + byteLength > location.file.size) {
      const problem = `The tensor ${quoted(name)} ends at byte ${offset + byteLength}, but the file ends at ${location.file.size}; it was cut off.`;
      throw new GgufError("GGUF_TRUNCATED", problem, { file: location.file.name, tensor: name, offset });
    }
    if (offset < previousEnd) {
      throw invalidTensor(
        `starts at byte ${offset}, but the one before it ends at ${previousEnd}`,
        name,
        location.file.name,
      );
    }
    previousEnd = offset + byteLength;
  }
}

function invalidTensor(problem: string, tensor: string, file: string): GgufError {
  return new GgufError("GGUF_TENSOR_INVALID", `The tensor ${quoted(tensor)} ${problem}.`, { file, tensor });
}
