// Writing into a folder that a person chose in a page.

import type { FolderFiles, WritableDirectory } from "./platform.ts";

/** Writes file by file: a page has no other way, so that a failure leaves those written before. */
export async function writeToDirectory(folder: WritableDirectory, files: FolderFiles): Promise<void> {
  for (const [name, content] of files) {
    const file = await folder.getFileHandle(name, { create: true });
    const stream = await file.createWritable();
    await stream.write(content);
    await stream.close();
  }
}
