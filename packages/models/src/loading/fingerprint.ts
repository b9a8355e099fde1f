// A short hash of a base model. Adapters contain it, so that an adapter for another base is noticed. It means "the same files", not
// "safe files": it does not protect against somebody who makes two different bases with the same hash.

import type { ModelConfig } from "@lowrank/contracts/families";
import { joinPieces } from "@lowrank/safetensors";
import type { ByteRange, SourceTensor, WeightSource } from "./weight-source.ts";

/** Bytes of each tensor that count, taken from its beginning, middle and end. */
const sampleBytes = 96;
const pieceBytes = 32;

/** Collects a base's fingerprint, tensor by tensor, in any order. */
export class Fingerprint {
  readonly #tensors = new Map<string, string>();

  constructor(private readonly config: ModelConfig) {}

  /** @param bytes all bytes of the tensor as stored, or the sampled ones (see `sampledRanges`). */
  add(name: string, tensor: Pick<SourceTensor, "shape" | "dtype">, bytes: Uint8Array): void {
    const sample = bytes.length <= sampleBytes ? bytes : joinPieces(sampledRanges(bytes.length).map(piece(bytes)));
    this.#tensors.set(name, `${name} ${tensor.dtype} [${tensor.shape}] ${hexadecimal(hash64(sample))}`);
  }

  /** "lowrank-1:" and 16 hexadecimal digits. */
  toString(): string {
    const { modelType, layers, heads, keyValueHeads } = this.config;
    const names = [...this.#tensors.keys()].sort();
    const lines = [`${modelType} ${layers} ${heads} ${keyValueHeads}`, ...names.map((name) => this.#tensors.get(name))];
    return `lowrank-1:${hexadecimal(hash64(new TextEncoder().encode(lines.join("\n"))))}`;
  }
}

/** Which bytes of a tensor of that many bytes count. */
function sampledRanges(byteLength: number): readonly ByteRange[] {
  if (byteLength <= sampleBytes) return [{ offset: 0, length: byteLength }];
  const middle = Math.floor(byteLength / 2) - pieceBytes / 2;
  return [0, middle, byteLength - pieceBytes].map((offset) => ({ offset, length: pieceBytes }));
}

/** The sampled bytes of one tensor of a source. */
export async function sampleOf(source: WeightSource, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const range of sampledRanges(source.tensors.get(name)?.byteLength ?? 0)) {
    pieces.push(await source.readBytes(name, range));
  }
  return joinPieces(pieces);
}

function piece(bytes: Uint8Array): (range: ByteRange) => Uint8Array {
  return ({ offset, length }) => bytes.subarray(offset, offset + length);
}

/** FNV-1a with 64 bits (Fowler, Noll, Vo). */
function hash64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

function hexadecimal(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}
