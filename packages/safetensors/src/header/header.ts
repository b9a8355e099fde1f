// Parses the header: type, shape and position of each tensor, checked like the reference does, and a little more.

import { describeLfsPointer, printable } from "@lowrank/contracts/internal";
import type { ReadOptions, TensorInfo } from "../byte-source.ts";
import { type Dtype, isDtype } from "../dtypes.ts";
import { SafetensorsError } from "../errors.ts";
import { checkLayout } from "./check-layout.ts";
import { JsonReader, JsonSyntaxError } from "./json-reader.ts";

export interface HeaderContent {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

const defaultTensors = 1_000_000;
/** NumPy stops at 32 (64 from version 2), TensorFlow.js at 6; more is an attack. */
const maximumRank = 32;

/** Parses and checks a header, given how many bytes of data follow it. */
export function parseHeader(
  bytes: Uint8Array,
  location: { readonly file: string; readonly dataBytes: number },
  options: ReadOptions = {},
): HeaderContent {
  const text = decodeText(bytes, location.file);
  const { metadata, tensors } = readHeaderText(text, location.file, options);
  // Ties (a zero-size tensor at another's start) are ordered by the end, as in the reference.
  tensors.sort((left, right) => left.begin - right.begin || left.end - right.end);
  checkLayout(tensors, location);
  return { metadata, tensors: new Map(tensors.map((info) => [info.name, info])) };
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SafetensorsError("InvalidHeader", "The header is not valid UTF-8.", { file, offset: 8, cause });
  }
}

function readHeaderText(text: string, file: string, options: ReadOptions) {
  const reader = new JsonReader(text);
  const maxTensors = options.maxTensors ?? defaultTensors;
  const metadata = new Map<string, string>();
  const tensors: TensorInfo[] = [];
  let current: string | undefined;
  try {
    reader.readObject((key) => {
      if (key === "__metadata__") {
        // MLX writes null for no metadata, which the reference accepts.
        if (!reader.skipNull()) reader.readObject((name) => metadata.set(name, reader.readString()));
        return;
      }
      current = key;
      if (tensors.length >= maxTensors) throw tooManyTensors(maxTensors, file);
      tensors.push(readEntry(reader, key, options));
      current = undefined;
    });
    reader.end();
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const which = current === undefined ? "" : ` in the entry of "${printable(current)}"`;
    const problem = `The header is invalid${which}: ${printable(cause.message)}.`;
    throw new SafetensorsError("InvalidHeaderDeserialization", problem, { file, tensor: current, cause });
  }
  return { metadata, tensors };
}

function tooManyTensors(limit: number, file: string): SafetensorsError {
  return new SafetensorsError("TooManyTensors", `The file has more than the limit of ${limit} tensors.`, { file });
}

function readEntry(reader: JsonReader, name: string, options: ReadOptions): TensorInfo {
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.readObject((field) => {
    if (field === "dtype") {
      const text = reader.readString();
      if (!isDtype(text)) throw reader.error(`unknown dtype ${JSON.stringify(text.slice(0, 40))}`);
      dtype = text;
    } else if (field === "shape") shape = readIntegers(reader, maximumRank, "dimensions");
    else if (field === "data_offsets") offsets = readIntegers(reader, 2, "data_offsets");
    else {
      reader.skipValue();
      const message = `Tensor "${printable(name)}" has an unknown field "${printable(field)}", which was ignored.`;
      options.onWarning?.({ code: "UNKNOWN_TENSOR_FIELD", message });
    }
  });
  const [begin, end] = offsets ?? [];
  if (dtype === undefined) throw reader.error("missing field dtype");
  if (shape === undefined) throw reader.error("missing field shape");
  if (begin === undefined || end === undefined) throw reader.error("missing field data_offsets, or not two numbers");
  return { name, dtype, shape, begin, end };
}

function readIntegers(reader: JsonReader, max: number, what: string): number[] {
  const values: number[] = [];
  reader.readArray(() => {
    if (values.length >= max) throw reader.error(`more than ${max} ${what}`);
    values.push(reader.readUnsigned());
  });
  return values;
}

/** Maximum size of the format's header, in bytes. */
export const headerLimit = 100_000_000;
const defaultHeaderBytes = 25_000_000;

/**
 * Reads the length of the header from a file's first 8 bytes and checks it against the file's size, before anything
 * is allocated. Compared as BigInt: 2⁵³ + 1 is not a Number.
 */
export function headerLength(
  prefix: Uint8Array,
  { name: file, size: fileSize }: { readonly name: string; readonly size: number },
  options: ReadOptions = {},
): number {
  if (fileSize < 8 || prefix.length < 8) {
    const problem = `The file has ${fileSize} bytes; a safetensors file has at least 8 for the length of its header.`;
    throw new SafetensorsError("HeaderTooSmall", problem, { file, offset: 0 });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(options.maxHeaderBytes ?? defaultHeaderBytes, headerLimit);
  if (length > BigInt(limit)) {
    const pointer = describeLfsPointer(prefix);
    const problem =
      pointer === undefined
        ? `The header has ${length} bytes, more than the limit of ${limit}.${advice(prefix, length, fileSize)}`
        : `This is ${pointer}.`;
    throw new SafetensorsError("HeaderTooLarge", problem, { file, offset: 0 });
  }
  if (length > BigInt(fileSize - 8)) {
    const problem = `The header has ${length} bytes, but only ${fileSize - 8} follow; the file was cut off.`;
    throw new SafetensorsError("InvalidHeaderLength", problem, { file, offset: 0 });
  }
  return Number(length);
}

function advice(prefix: Uint8Array, length: bigint, fileSize: number): string {
  const isZip = prefix[0] === 0x50 && prefix[1] === 0x4b;
  const isPickle = prefix[0] === 0x80 && (prefix[1] ?? 0) <= 5;
  const isPlausible = length <= BigInt(headerLimit) && length <= BigInt(fileSize - 8);
  if (isPlausible) return " If you trust the file, set maxHeaderBytes.";
  if (!isZip && !isPickle) return " This is not a safetensors file, or it is damaged.";
  return " This looks like a PyTorch pickle, which can run code when read and is never opened. Convert it with safetensors.torch.save_file in Python.";
}
