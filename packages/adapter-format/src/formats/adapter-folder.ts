// An adapter's files by name, from any source: a disk, the Hub, a web page.

import type { ByteSource } from "@lowrank/safetensors/internal";

/** A folder of plain files. */
export interface AdapterFolder {
  /** A path or an address, for messages. */
  readonly name: string;
  /** Names of its files. A server may list only some of them. */
  list(): Promise<readonly string[]>;
  has(file: string): Promise<boolean>;
  /** Opens a file. The caller closes it. */
  open(file: string): Promise<ByteSource>;
}

export const configName = "adapter_config.json";
export const weightsName = "adapter_model.safetensors";
export const pickleName = "adapter_model.bin";

/** At most this many bytes of a configuration are read. The parser's limit is lower, so it refuses longer files anyway. */
const maxConfigBytes = 32_000_000;

/** The text of adapter_config.json, cut off at `maxConfigBytes`. */
export function readConfigText(folder: AdapterFolder): Promise<string> {
  return withFile(folder, configName, async (source) => {
    return new TextDecoder().decode(await source.read(0, Math.min(source.size, maxConfigBytes)));
  });
}

/** Opens a file, passes it to `read`, and closes it, also after an error. */
export async function withFile<Result>(
  folder: AdapterFolder,
  file: string,
  read: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
  const source = await folder.open(file);
  try {
    return await read(source);
  } finally {
    await source.close?.();
  }
}
