// The header as data: what each tensor is and where its bytes lie, checked as the reference checks it and a little more.

import type { WarningListener } from "@lowrank/contracts";
import { bitsOf, type Dtype, isDtype } from "./dtypes.ts";
import { printable, SafetensorsError } from "./errors.ts";
import { JsonReader, JsonSyntaxError } from "./json-reader.ts";

/** One tensor of a file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte, counted from the start of the data buffer. */
  readonly begin: number;
  /** One past the last byte, counted likewise. */
  readonly end: number;
}

/** Limits on what a file may ask of us. */
export interface ReadOptions {
  /** Largest header in bytes; default 25 000 000, never more than the format's 100 000 000. */
  readonly maxHeaderBytes?: number;
  /** Most tensors in one file; default 1 000 000. */
  readonly maxTensors?: number;
  /** Told of oddities that are no errors. */
  readonly onWarning?: WarningListener;
}

/** The checked content of a header. */
export interface HeaderContent {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** The largest header that the format allows, in bytes. */
export const headerLimit = 100_000_000;
const defaultHeaderBytes = 25_000_000;
const defaultTensors = 1_000_000;
/** NumPy stops at 32 (64 from version 2), TensorFlow.js at 6; more is an attack. */
const maximumRank = 32;

/**
 * Reads the length of the header from a file's first 8 bytes and checks it against the file's size, before anything
 * is allocated. Compared as BigInt: 2⁵³ + 1 is not a Number.
 */
export function headerLength(prefix: Uint8Array, fileSize: number, file: string, options: ReadOptions = {}): number {
  if (fileSize < 8 || prefix.length < 8) {
    const problem = `The file has ${fileSize} bytes; a safetensors file has at least 8 for the length of its header.`;
    throw new SafetensorsError("HeaderTooSmall", problem, { file, offset: 0 });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(options.maxHeaderBytes ?? defaultHeaderBytes, headerLimit);
  if (length > BigInt(limit)) {
    const problem = `The header claims ${length} bytes, more than the limit of ${limit}.${foreignFormat(prefix)}`;
    throw new SafetensorsError("HeaderTooLarge", problem, { file, offset: 0 });
  }
  if (length > BigInt(fileSize - 8)) {
    const problem = `The header claims ${length} bytes, but only ${fileSize - 8} follow; the file was cut off.`;
    throw new SafetensorsError("InvalidHeaderLength", problem, { file, offset: 0 });
  }
  return Number(length);
}

/** Parses and checks a header, given how many bytes of data follow it. */
export function parseHeader(
  bytes: Uint8Array,
  place: { readonly file: string; readonly dataBytes: number },
  options: ReadOptions = {},
): HeaderContent {
  const text = decodeText(bytes, place.file);
  const { metadata, tensors } = readHeaderText(text, place.file, options);
  // Ties (a zero-size tensor where another starts) are settled by the end, as the reference does.
  tensors.sort((left, right) => left.begin - right.begin || left.end - right.end);
  checkLayout(tensors, place);
  return { metadata, tensors: new Map(tensors.map((info) => [info.name, info])) };
}

function foreignFormat(prefix: Uint8Array): string {
  const isZip = prefix[0] === 0x50 && prefix[1] === 0x4b;
  const isPickle = prefix[0] === 0x80 && (prefix[1] ?? 0) <= 5;
  if (!isZip && !isPickle) return " This is no safetensors file, or a damaged one.";
  return " This looks like a PyTorch pickle, which can run code when read and is never opened here: convert it with safetensors.torch.save_file in Python.";
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
        reader.readObject((name) => metadata.set(name, reader.readString()));
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
    const problem = `The header is not what the format asks for${which}: ${printable(cause.message)}.`;
    throw new SafetensorsError("InvalidHeaderDeserialization", problem, { file, tensor: current, cause });
  }
  return { metadata, tensors };
}

function tooManyTensors(limit: number, file: string): SafetensorsError {
  return new SafetensorsError("TooManyTensors", `The file has more than ${limit} tensors, the limit set.`, { file });
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

function readIntegers(reader: JsonReader, most: number, what: string): number[] {
  const values: number[] = [];
  reader.readArray(() => {
    if (values.length >= most) throw reader.error(`more than ${most} ${what}`);
    values.push(reader.readUnsigned());
  });
  return values;
}

/** Every byte of the buffer belongs to exactly one tensor: no hole, no overlap, no tail in which another file could hide. */
function checkLayout(
  tensors: readonly TensorInfo[],
  place: { readonly file: string; readonly dataBytes: number },
): void {
  let previousEnd = 0;
  for (const info of tensors) {
    checkTensor(info, previousEnd, place.file);
    previousEnd = info.end;
  }
  if (previousEnd === place.dataBytes) return;
  const problem = `The tensors cover ${previousEnd} bytes, but ${place.dataBytes} follow the header; the file was ${previousEnd > place.dataBytes ? "cut off" : "extended"}.`;
  throw new SafetensorsError("MetadataIncompleteBuffer", problem, { file: place.file });
}

function checkTensor(info: TensorInfo, previousEnd: number, file: string): void {
  const label = `Tensor "${printable(info.name)}" (${info.dtype}, shape [${info.shape.join(", ")}])`;
  const place = { file, tensor: info.name };
  if (info.begin !== previousEnd || info.end < info.begin) {
    const problem = `${label} has offsets [${info.begin}, ${info.end}], but the bytes before it end at ${previousEnd}.`;
    throw new SafetensorsError("InvalidOffset", problem, place);
  }
  const bits = countElements(info.shape) * bitsOf(info.dtype);
  if (!Number.isSafeInteger(bits)) {
    throw new SafetensorsError("ValidationOverflow", `${label} is larger than any file can be.`, place);
  }
  if (bits % 8 !== 0) {
    throw new SafetensorsError(
      "MisalignedSlice",
      `${label} has ${bits} bits, which is no whole number of bytes.`,
      place,
    );
  }
  if (info.end - info.begin !== bits / 8) {
    const problem = `${label} needs ${bits / 8} bytes, but its offsets span ${info.end - info.begin}.`;
    throw new SafetensorsError("TensorInvalidInfo", problem, place);
  }
}

/** Product of a shape; NaN where it, or any partial product or dimension, is 2⁵³ or more – also if a later dimension is 0. */
export function countElements(shape: readonly number[]): number {
  let product = 1;
  for (const dimension of shape) {
    product *= dimension;
    if (!Number.isSafeInteger(dimension) || !Number.isSafeInteger(product)) return Number.NaN;
  }
  return product;
}
