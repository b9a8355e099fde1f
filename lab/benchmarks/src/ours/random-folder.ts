// A model folder whose weights are drawn while they are read: the shapes of a real model without its 500 MB file.

import { checkConfig, resolveTask } from "@lowrank/contracts/families";
import { type Parameter, parametersOf } from "@lowrank/contracts/families/checkpoint";
import type { ModelFolder } from "@lowrank/models";
import type { ByteSource } from "@lowrank/safetensors/internal";

/** A folder with config.json and model.safetensors in F32, the same numbers each time. */
export function randomFolder(config: Readonly<Record<string, unknown>>): ModelFolder {
  const checked = checkConfig(config);
  const stored = parametersOf(checked, resolveTask(checked)).filter(
    ({ tiedWith, isBuffer }) => tiedWith === null && !isBuffer,
  );
  const files = ["config.json", "model.safetensors"];
  return {
    name: "random weights",
    list: async () => files,
    has: async (file) => files.includes(file),
    readText: async () => JSON.stringify(config),
    open: async (name) => randomFile(name, stored),
  };
}

interface StoredTensor {
  readonly begin: number;
  readonly end: number;
  readonly isGain: boolean;
}

function randomFile(name: string, parameters: readonly Parameter[]): ByteSource {
  const tensors: StoredTensor[] = [];
  const entries: [string, unknown][] = [];
  let end = 0;
  for (const { path, shape } of parameters) {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    entries.push([path, { dtype: "F32", shape, data_offsets: [begin, end] }]);
    tensors.push({ begin, end, isGain: shape.length === 1 && path.endsWith("weight") });
  }
  const head = header(entries);
  return {
    name,
    size: head.length + end,
    async read(offset, length) {
      if (offset + length <= head.length) return head.subarray(offset, offset + length);
      const begin = offset - head.length;
      const tensor = tensors.find((one) => one.begin <= begin && begin + length <= one.end);
      if (tensor === undefined) throw new Error(`Bytes ${offset} to ${offset + length} belong to no one tensor.`);
      return draw(begin / 4, length / 4, tensor.isGain ? 1 : 0);
    },
  };
}

/** The length of the JSON text in eight bytes, then the text. */
function header(entries: readonly [string, unknown][]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** Numbers around `centre` with the standard deviation 0.02, by their place in the file. */
function draw(first: number, count: number, centre: number): Uint8Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    let hash = Math.imul(first + i, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    values[i] = centre + (((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32 - 0.5) * 0.0693;
  }
  return new Uint8Array(values.buffer);
}
