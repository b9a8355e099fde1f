// The origin's private file system: the browser's disk, for this page alone. Both the page and the worker may write.

import { memoryStore, QuotaError, type Store } from "./store.ts";

/** The folder of the studio's files: other pages of this origin may have files next to it. */
const ownFolder = "lowrank-studio";

/** Keeps files on the browser's disk. Throws if the browser refuses one, as some do in private windows. */
export async function opfsStore(): Promise<Store> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ownFolder, { create: true });
  const folderOf = async (names: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> => {
    let folder = root;
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
    return folder;
  };
  const store: Store = {
    isPersistent: true,
    read: (path) =>
      orNothing(async () => {
        const { folders, name } = parts(path);
        const file = await (await (await folderOf(folders, false)).getFileHandle(name)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      }),
    async write(path, bytes) {
      const { folders, name } = parts(path);
      try {
        const file = await (await folderOf(folders, true)).getFileHandle(name, { create: true });
        await writeWhole(file, bytes);
      } catch (cause) {
        throw isNamed(cause, "QuotaExceededError") ? new QuotaError(path, bytes.length, { cause }) : cause;
      }
    },
    async list(folder) {
      const names = await orNothing(async () => {
        const found: string[] = [];
        const handle = await folderOf(folder === "" ? [] : folder.split("/"), false);
        for await (const name of (handle as IterableFolder).keys()) {
          if (!name.endsWith(unfinished)) found.push(name);
        }
        return found.sort();
      });
      return names ?? [];
    },
    async remove(path) {
      const { folders, name } = parts(path);
      await orNothing(async () => (await folderOf(folders, false)).removeEntry(name, { recursive: true }));
    },
  };
  await store.write("probe", new Uint8Array(1)); // a disk that can be opened but not written to is refused here
  await store.remove("probe");
  return store;
}

/** Chromium's name of a file during writing; it stays if the tab dies. */
const unfinished = ".crswap";

/** TypeScript's DOM types do not have its iterators yet. */
type IterableFolder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** Writes to a temporary file, which gets its name when it is closed. */
async function writeWhole(file: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const writable = await file.createWritable();
  try {
    await writable.write(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    await writable.abort().catch(() => {});
    throw cause;
  }
  await writable.close();
}

function parts(path: string): { readonly folders: readonly string[]; readonly name: string } {
  const names = path.split("/");
  return { folders: names.slice(0, -1), name: names.at(-1) ?? "" };
}

async function orNothing<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (cause) {
    if (isNamed(cause, "NotFoundError")) return undefined;
    throw cause;
  }
}

function isNamed(cause: unknown, name: string): boolean {
  return cause instanceof Error && cause.name === name;
}

/** The browser's disk, or memory if the browser refuses it: then `isPersistent` is false, and the page reports it. */
export async function openStore(): Promise<Store> {
  try {
    return await opfsStore();
  } catch {
    return memoryStore();
  }
}
