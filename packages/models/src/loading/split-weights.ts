// Some files store several weights as one tensor, one below the other. This source presents each as a tensor of its own.

import type { ModelConfig } from "@lowrank/contracts/families";
import { planSplits } from "@lowrank/contracts/families/checkpoint";
import type { SourceTensor, WeightSource } from "./weight-source.ts";

interface Part {
  /** The key of the file's tensor. */
  readonly key: string;
  /** Offset of its bytes in that file. */
  readonly offset: number;
  readonly tensor: SourceTensor;
}

/** Returns the source itself if nothing has to be split. */
export function splitWeights(source: WeightSource, config: ModelConfig): WeightSource {
  const splits = planSplits(config, source.tensors.keys());
  if (splits.size === 0) return source;
  const parts = new Map<string, Part>();
  const tensors = new Map<string, SourceTensor>();
  for (const [key, tensor] of source.tensors) {
    const rowParts = partsOf({ key, tensor, names: splits.get(key) ?? [] });
    for (const [name, part] of rowParts) {
      parts.set(name, part);
      tensors.set(name, part.tensor);
    }
    if (rowParts.length === 0) tensors.set(key, tensor);
  }
  return {
    ...source,
    tensors,
    readBytes(name, range) {
      const part = parts.get(name);
      if (part === undefined) return source.readBytes(name, range);
      const { offset = 0, length = part.tensor.byteLength } = range ?? {};
      return source.readBytes(part.key, { offset: part.offset + offset, length });
    },
    decode: (name, bytes, into) => source.decode(parts.get(name)?.key ?? name, bytes, into),
    pack: (name, bytes) => (parts.has(name) ? undefined : source.pack(name, bytes)),
  };
}

/** Equal parts along the rows; undefined if the rows cannot be divided equally or are not stored one after another. */
function partsOf(request: {
  readonly key: string;
  readonly tensor: SourceTensor;
  readonly names: readonly string[];
}): readonly (readonly [name: string, part: Part])[] {
  const { key, tensor, names } = request;
  const [rows = 0, ...rest] = tensor.shape;
  if (names.length === 0 || rows % names.length !== 0 || tensor.isDivisible === false) return [];
  const byteLength = tensor.byteLength / names.length;
  const part = { ...tensor, shape: [rows / names.length, ...rest], byteLength };
  return names.map((name, index) => [name, { key, offset: index * byteLength, tensor: part }]);
}
