// A file that grows on the browser's disk, too large for memory. Where there is no disk, a Blob, which browsers move out of a
// page's memory by themselves.

export interface ScratchFile {
  write(bytes: Uint8Array): void;
  /** The written file; no more data follows. */
  finish(): Promise<Blob>;
  /** Discards the written data. */
  discard(): Promise<void>;
}

const ownFolder = "lowrank-studio-downloads";

/** The part of a worker's file that TypeScript's DOM types lack. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
}
type WorkerFile = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncAccess> };
type IterableFolder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** Makes room first: files of earlier downloads are removed. */
export async function scratchFile(): Promise<ScratchFile> {
  try {
    return await diskFile();
  } catch {
    return memoryFile();
  }
}

async function diskFile(): Promise<ScratchFile> {
  const root = await navigator.storage.getDirectory();
  const folder = (await root.getDirectoryHandle(ownFolder, { create: true })) as IterableFolder;
  for await (const earlier of folder.keys()) await folder.removeEntry(earlier).catch(() => undefined);
  const name = crypto.randomUUID();
  const handle = (await folder.getFileHandle(name, { create: true })) as WorkerFile;
  if (handle.createSyncAccessHandle === undefined) throw new Error("this is no worker");
  const access = await handle.createSyncAccessHandle();
  let size = 0;
  return {
    write(bytes) {
      for (let rest = bytes; rest.length > 0; ) {
        const written = access.write(rest, { at: size });
        size += written;
        rest = rest.subarray(written);
      }
    },
    async finish() {
      access.flush();
      access.close();
      return handle.getFile();
    },
    async discard() {
      access.close();
      await folder.removeEntry(name);
    },
  };
}

function memoryFile(): ScratchFile {
  const parts: Blob[] = [];
  return {
    write: (bytes) => void parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>])),
    finish: async () => new Blob(parts, { type: "application/zip" }),
    discard: async () => void parts.splice(0),
  };
}
