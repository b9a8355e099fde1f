// The common interface of one file and several shards: named tensors, each read on request.

import { printable } from "@lowrank/contracts/internal";
import type { TensorInfo } from "../byte-source.ts";
import { type ByteSource, readExactly } from "../byte-source.ts";
import { bitsOf } from "../dtypes.ts";
import { SafetensorsError } from "../errors.ts";
import { decodeToFloat32, decodeToInt32 } from "../numbers/decode.ts";

/** Named tensors that are read from their source on request. */
export interface TensorCollection {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** A tensor's bytes, or the part in `range` (in bytes from the tensor's start). */
  readBytes(name: string, range?: { readonly offset: number; readonly length: number }): Promise<Uint8Array>;
  /** A tensor of any type as float32 (see `decodeToFloat32`). */
  readFloat32(name: string): Promise<Float32Array>;
  /** An integer or boolean tensor as int32. */
  readInt32(name: string): Promise<Int32Array>;
  /** `count` rows along the first axis, from row `first` on, as float32. */
  readRows(name: string, first: number, count: number): Promise<Float32Array>;
  /** Closes the sources; reads fail afterwards. */
  close(): Promise<void>;
}

/** A tensor and its position. */
export interface LocatedTensor {
  readonly info: TensorInfo;
  readonly source: ByteSource;
  /** Offset of the data buffer in the source. */
  readonly dataStart: number;
}

/** A collection of tensors from one or more sources. */
export class LocatedTensors implements TensorCollection {
  readonly tensors: ReadonlyMap<string, TensorInfo>;

  constructor(
    private readonly located: ReadonlyMap<string, LocatedTensor>,
    readonly metadata: ReadonlyMap<string, string>,
    private readonly sources: readonly ByteSource[],
  ) {
    this.tensors = new Map(Array.from(located, ([name, tensor]) => [name, tensor.info]));
  }

  async readBytes(name: string, range?: { readonly offset: number; readonly length: number }): Promise<Uint8Array> {
    const { info, source, dataStart } = this.find(name);
    const size = info.end - info.begin;
    const { offset, length } = range ?? { offset: 0, length: size };
    const isWithin = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!isWithin || offset + length > size) {
      const problem = `Cannot read bytes ${offset} to ${offset + length} of "${printable(name)}": it has ${size}.`;
      throw new SafetensorsError("InvalidRange", problem, { file: source.name, tensor: name });
    }
    return readExactly(source, dataStart + info.begin + offset, length);
  }

  async readFloat32(name: string): Promise<Float32Array> {
    const { info, source } = this.find(name);
    return decodeToFloat32(await this.readBytes(name), info.dtype, { file: source.name, tensor: name });
  }

  async readInt32(name: string): Promise<Int32Array> {
    const { info, source } = this.find(name);
    return decodeToInt32(await this.readBytes(name), info.dtype, { file: source.name, tensor: name });
  }

  async readRows(name: string, first: number, count: number): Promise<Float32Array> {
    const { info, source } = this.find(name);
    const rows = info.shape[0] ?? 0;
    const rowBits = rows === 0 ? 0 : ((info.end - info.begin) * 8) / rows;
    const isWithin = Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0;
    if (!isWithin || first + count > rows || rowBits % bitsOf(info.dtype) !== 0) {
      const problem = `Cannot read rows ${first} to ${first + count} of "${printable(name)}": its shape is [${info.shape.join(", ")}].`;
      throw new SafetensorsError("InvalidRange", problem, { file: source.name, tensor: name });
    }
    const range = { offset: (first * rowBits) / 8, length: (count * rowBits) / 8 };
    return decodeToFloat32(await this.readBytes(name, range), info.dtype, { file: source.name, tensor: name });
  }

  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.close?.()));
  }

  private find(name: string): LocatedTensor {
    return tensorIn(this.located, name, this.sources[0]?.name);
  }
}

/** The tensor of this name. Throws SafetensorsError `TensorNotFound`. */
export function tensorIn<Tensor>(tensors: ReadonlyMap<string, Tensor>, name: string, file?: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor !== undefined) return tensor;
  const problem = `There is no tensor "${printable(name)}" among the ${tensors.size} of the file.`;
  throw new SafetensorsError("TensorNotFound", problem, { file, tensor: name });
}
