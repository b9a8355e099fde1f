// The store of a page whose browser refuses it a disk, and of tests: gone with the page.

import type { Store } from "./store.ts";

/** Keeps copies in memory. */
export function memoryStore(): Store {
  const files = new Map<string, Uint8Array>();
  const isIn = (path: string, folder: string) => path.startsWith(`${folder}/`);
  return {
    isKept: false,
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
