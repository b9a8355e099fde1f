// A GGUF file's configuration. Part of it may be in tensors.

import { configFromGguf, ropeFactorTensors } from "@lowrank/contracts/families/gguf";
import type { GgufFile } from "@lowrank/gguf";

/** One number for each pair of a head's features. A larger tensor is not one of rotation frequencies and is not read. */
const maxFactorBytes = 65_536;

/**
 * The configuration in an open GGUF file, in the form of a config.json for `checkConfig`.
 *
 * @param name The file's name, for messages.
 * @throws UNSUPPORTED_ARCHITECTURE; InvalidConfigError; GgufError if the tensor of rotation frequencies cannot be read.
 *
 * @example
 * ```ts
 * import { readGgufConfig } from "@lowrank/models";
 *
 * const file = { version: 3, metadata: new Map([["general.architecture", "mamba"]]), tensors: new Map() };
 * const numbers = async () => new Float32Array();
 * const unread = { readBytes: async () => new Uint8Array(), readFloat32: numbers, readRows: numbers };
 * const reading = readGgufConfig({ ...file, ...unread, readStoredMetadata: async () => new Map() }, "model.gguf");
 * const error = await reading.catch((reason: unknown) => reason);
 * if (!(error instanceof Error) || !error.message.includes("mamba")) throw new Error("an unknown architecture was read");
 * ```
 */
export async function readGgufConfig(file: GgufFile, name: string): Promise<Readonly<Record<string, unknown>>> {
  const ropeFactors = new Map<string, Float32Array>();
  for (const tensor of ropeFactorTensors) {
    const info = file.tensors.get(tensor);
    if (info !== undefined && info.byteLength <= maxFactorBytes) {
      ropeFactors.set(tensor, await file.readFloat32(tensor));
    }
  }
  return configFromGguf(file.metadata, new Set(file.tensors.keys()), { file: name, ropeFactors });
}
