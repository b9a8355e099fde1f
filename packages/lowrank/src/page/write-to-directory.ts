// Writes into a folder that the user chose in a page.

import type { FolderFiles, WritableDirectory } from "../platform.ts";

/** Writes file by file. A page cannot do it atomically, so a failure leaves the files written before. */
export async function writeToDirectory(folder: WritableDirectory, files: FolderFiles): Promise<void> {
  for (const [name, content] of files) await writeInto(folder, name, [content]);
}

/** Writes one file in pieces, so that a model is not in memory a second time. */
export async function writeInto(
  folder: WritableDirectory,
  name: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  const [inside, ...rest] = name.split("/");
  if (inside !== undefined && rest.length > 0) {
    const inner = await folder.getDirectoryHandle?.(inside, { create: true });
    // Without subfolders, their files are left out.
    return inner === undefined ? undefined : writeInto(inner, rest.join("/"), pieces);
  }
  const file = await folder.getFileHandle(name, { create: true });
  const stream = await file.createWritable();
  for await (const piece of pieces) await stream.write(piece);
  await stream.close();
}
