// One quantized weight of a safetensors file: several tensors, which are checked by their headers before anything is read.

import type { LowrankError } from "@lowrank/contracts";
import type { QuantizedPieces } from "@lowrank/contracts/families/checkpoint";
import type { PackedMatrix } from "@lowrank/engine/internal";
import { modelFileError } from "../../errors.ts";
import type { SourceTensor, WeightSource } from "../weight-source.ts";

/** A quantized weight whose headers were checked. */
export interface QuantizedWeight {
  readonly shape: readonly [rows: number, columns: number];
  /** For messages and fingerprints: "NF4". */
  readonly dtype: string;
  /** The type that the method's library dequantizes to, which rounds each value. */
  readonly rounding: "F32" | "F16" | "BF16";
  /** The exact values of `shape`; in one row if blocks continue from row to row. */
  unpack(read: PieceReader): PackedMatrix;
  /** The library's values, if they differ from those of `unpack` after rounding. */
  decode?(read: PieceReader): Float32Array;
}

/** Bytes of a weight's tensors, by the ends of their names. */
export type PieceReader = (name: string) => Uint8Array;

const unhelpful = "Download the file again, or load, dequantize() and save_pretrained the model in transformers";

/** The headers of a weight's tensors, by the ends of their names ("qweight"). */
export class PieceHeaders {
  constructor(
    private readonly source: WeightSource,
    private readonly pieces: QuantizedPieces,
  ) {
    const [missing] = pieces.missing;
    if (missing !== undefined) throw this.problem(missing, "it is missing");
  }

  has(name: string): boolean {
    return this.pieces.keys.has(name);
  }

  tensor(name: string): SourceTensor {
    const tensor = this.source.tensors.get(this.pieces.keys.get(name) ?? name);
    if (tensor === undefined) throw this.problem(name, "it is missing");
    return tensor;
  }

  /** Throws MODEL_FILE unless the tensor has one of the types and the shape; undefined is any size. */
  check(name: string, types: readonly string[], shape: readonly (number | undefined)[]): SourceTensor {
    const tensor = this.tensor(name);
    const isShape =
      tensor.shape.length === shape.length &&
      shape.every((size, axis) => (size ?? tensor.shape[axis]) === tensor.shape[axis]);
    if (!types.includes(tensor.dtype) || !isShape) {
      const expected = `${types.join(" or ")} [${shape.map((size) => size ?? "any")}]`;
      throw this.problem(name, `it is ${tensor.dtype} [${tensor.shape}], expected ${expected}`);
    }
    return tensor;
  }

  /** The bytes of a small tensor. Throws MODEL_FILE for one above `maxBytes`. */
  async read(name: string, maxBytes: number): Promise<Uint8Array> {
    const { byteLength } = this.tensor(name);
    if (byteLength > maxBytes) throw this.problem(name, `it has ${byteLength} bytes, expected at most ${maxBytes}`);
    return this.source.readBytes(this.pieces.keys.get(name) ?? name);
  }

  /** Values of a tensor of floats. Throws MODEL_FILE for NaN and infinities. */
  floats(name: string, bytes: Uint8Array): Float32Array {
    const values = this.source.decode(this.pieces.keys.get(name) ?? name, bytes);
    if (!values.every(Number.isFinite)) throw this.problem(name, "it has NaN or infinite values");
    return values;
  }

  problem(name: string, reason: string, cause?: unknown): LowrankError {
    const [[end, anyKey] = ["", ""]] = this.pieces.keys;
    const key = this.pieces.keys.get(name) ?? anyKey.slice(0, anyKey.length - end.length) + name;
    return modelFileError(this.source.name, key, `${reason}. ${unhelpful}`, { cause });
  }
}
