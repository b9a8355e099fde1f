// One large file on the browser's disk, written in pieces: the part before a network failure, or before the tab was closed,
// is kept for the next time. If the browser refuses a disk, the pieces stay in memory.

/** A growing file. The writer closes it. */
export interface CachedFile {
  /** Bytes that are there. */
  readonly size: number;
  /** Whether it is complete: set by `finish`. */
  readonly isWhole: boolean;
  append(piece: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Marks it as complete. */
  finish(): Promise<void>;
  /** Removes the stored part. */
  clear(): Promise<void>;
  /** Size of the stored part, without reading it. */
  blob(): Promise<Blob>;
}

/** The part of a file handle that a worker's disk gives: pieces are on it at once, not when a stream is closed. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type WorkerFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> };

const folderName = "lowrank-studio-models";

/** The file of this name in the folder of models. */
export async function openCachedFile(name: string): Promise<CachedFile> {
  try {
    return await onDisk(name);
  } catch {
    return inMemory();
  }
}

async function onDisk(name: string): Promise<CachedFile> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(folderName, { create: true });
  const handle = (await folder.getFileHandle(name, { create: true })) as WorkerFile;
  if (typeof handle.createSyncAccessHandle !== "function") throw new Error("this is no worker");
  const stamp = `${name}.whole`;
  let size = (await handle.getFile()).size;
  let isWhole = await folder.getFileHandle(stamp).then(
    () => true,
    () => false,
  );
  const withAccess = async (work: (access: SyncAccess) => void) => {
    const access = await handle.createSyncAccessHandle(); // another tab may have it: then this throws
    try {
      work(access);
      access.flush();
    } finally {
      access.close();
    }
  };
  return {
    get size() {
      return size;
    },
    get isWhole() {
      return isWhole;
    },
    async append(piece) {
      await withAccess((access) => {
        if (access.write(piece, { at: size }) !== piece.length) throw new DOMException("full", "QuotaExceededError");
      });
      size += piece.length;
    },
    async finish() {
      await folder.getFileHandle(stamp, { create: true });
      isWhole = true;
    },
    async clear() {
      await folder.removeEntry(stamp).catch(() => undefined);
      isWhole = false;
      await withAccess((access) => access.truncate(0));
      size = 0;
    },
    blob: () => handle.getFile(),
  };
}

/** A cache in memory, for as long as the page lives. */
export function inMemory(): CachedFile {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let isWhole = false;
  return {
    get size() {
      return pieces.reduce((sum, { length }) => sum + length, 0);
    },
    get isWhole() {
      return isWhole;
    },
    append: async (piece) => {
      pieces.push(piece);
    },
    finish: async () => {
      isWhole = true;
    },
    clear: async () => {
      pieces = [];
      isWhole = false;
    },
    blob: async () => new Blob(pieces),
  };
}
