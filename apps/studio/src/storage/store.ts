// Storage of page and worker between visits, by path: the browser's disk, or memory if the browser refuses it.

import { LowrankError } from "@lowrank/contracts";

/** Files by paths such as "runs/7/state.safetensors". Failures other than a full disk come as the browser gives them. */
export interface Store {
  /** Whether files last until the next visit. */
  readonly isPersistent: boolean;
  /** The file's bytes; undefined without such a file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** All of it or nothing: a crash leaves the file as it was, or as it shall be. Throws QuotaError. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** The names of files and folders in a folder, sorted; empty without such a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Removes a file or a folder with its content; does nothing if it does not exist. */
  remove(path: string): Promise<void>;
}

/** The browser's storage is full. Existing files are unchanged. */
export class QuotaError extends LowrankError {
  constructor(
    readonly path: string,
    /** How large it was to be. */
    readonly bytes: number,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "STORAGE_FULL",
      `The browser has no room left to keep "${path}" (${bytes} bytes). Delete adapters that you no longer need, or free space on the disk.`,
      options,
    );
  }
}

/** The parsed file; undefined without such a file, or if `isFacts` rejects it. */
export async function readJsonFile<T>(
  store: Store,
  path: string,
  isFacts: (value: unknown) => value is T,
): Promise<T | undefined> {
  const bytes = await store.read(path);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isFacts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a value as JSON. Throws QuotaError. */
export function writeJsonFile(store: Store, path: string, value: unknown): Promise<void> {
  return store.write(path, new TextEncoder().encode(JSON.stringify(value)));
}

/** Keeps copies in memory. */
export function memoryStore(): Store {
  const files = new Map<string, Uint8Array>();
  const isIn = (path: string, folder: string) => path.startsWith(`${folder}/`);
  return {
    isPersistent: false,
    read: async (path) => files.get(path)?.slice(),
    write: async (path, bytes) => {
      files.set(path, bytes.slice());
    },
    list: async (folder) => {
      const inside = folder === "" ? [...files.keys()] : [...files.keys()].filter((path) => isIn(path, folder));
      const names = inside.map((path) => path.slice(folder === "" ? 0 : folder.length + 1).split("/")[0] ?? "");
      return [...new Set(names)].sort();
    },
    remove: async (path) => {
      for (const each of [...files.keys()]) if (each === path || isIn(each, path)) files.delete(each);
    },
  };
}
