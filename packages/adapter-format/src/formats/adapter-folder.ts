// An adapter's files wherever they lie – on a disk, on the Hub, in a page –, known by their names.

import type { ByteSource } from "@lowrank/safetensors";

/** A folder of plain files. */
export interface AdapterFolder {
  /** For messages: a path or an address. */
  readonly name: string;
  /** Names of what is in it; a server may know some alone. */
  list(): Promise<readonly string[]>;
  has(file: string): Promise<boolean>;
  /** Opens a file; the reader closes it. */
  open(file: string): Promise<ByteSource>;
}

export const configName = "adapter_config.json";
export const weightsName = "adapter_model.safetensors";
export const pickleName = "adapter_model.bin";

/** Largest configuration file that is read at all. */
const maxConfigBytes = 32_000_000;

/** The text of adapter_config.json; the parser refuses what is longer than its own limit allows. */
export function readConfigText(folder: AdapterFolder): Promise<string> {
  return using(folder, configName, async (source) => {
    return new TextDecoder().decode(await source.read(0, Math.min(source.size, maxConfigBytes)));
  });
}

/** Opens a file, and closes it whatever happens. */
export async function using<Result>(
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
