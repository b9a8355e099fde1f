// Writing into a folder that a person chose in a page.

import type { FolderFiles, WritableDirectory } from "../platform.ts";

/** Writes file by file: a page has no other way, so that a failure leaves those written before. */
export async function writeToDirectory(folder: WritableDirectory, files: FolderFiles): Promise<void> {
  for (const [name, content] of files) await writeInto(folder, name, [content]);
}

/** Writes one file piece by piece: a model is never in memory as a file, too. */
export async function writeInto(
  folder: WritableDirectory,
  name: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  const [inside, ...rest] = name.split("/");
  if (inside !== undefined && rest.length > 0) {
    const inner = await folder.getDirectoryHandle?.(inside, { create: true });
    // What cannot make folders is left without what belongs into them.
    return inner === undefined ? undefined : writeInto(inner, rest.join("/"), pieces);
  }
  const file = await folder.getFileHandle(name, { create: true });
  const stream = await file.createWritable();
  for await (const piece of pieces) await stream.write(piece);
  await stream.close();
}
