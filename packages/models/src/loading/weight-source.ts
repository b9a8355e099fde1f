// The source of a model's tensors, independent of the file format.

import type { PackedMatrix } from "@lowrank/engine/internal";

export interface SourceTensor {
  /** As a safetensors file of transformers would store it: torch's order of axes. */
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Bytes as stored. */
  readonly byteLength: number;
  /** False for values that cannot be computed with (8-bit floats, unknown blocks). */
  readonly isReadable: boolean;
  /** Whether some rows of the last axis can be read and decoded by themselves. */
  readonly isDivisible?: boolean;
}

export interface WeightSource {
  /** For messages. */
  readonly name: string;
  /** A sentence of advice, for tensors that do not fit the model. */
  readonly advice: string;
  /** In the order of the files. Keys are transformers' parameter names. */
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  /** Bytes as stored; with `range`, a part of them. */
  readBytes(name: string, range?: ByteRange): Promise<Uint8Array>;
  /** Bytes that `readBytes` gave, as numbers in torch's order: all, or whole rows of a tensor that `isDivisible`; put into `into` if possible. */
  decode(name: string, bytes: Uint8Array, into?: Float32Array): Float32Array;
  /** A matrix in the file's precision, if that is lower than float32 and can be computed with. */
  pack(name: string, bytes: Uint8Array): PackedMatrix | undefined;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
