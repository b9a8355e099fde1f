// Renames that are refused for a moment. On Windows, and on network folders, a virus scanner, an indexer or a backup holds
// a file open for some milliseconds after it was written, and until then it cannot be renamed.

import { type FileSystem, systemCode } from "./file-system.ts";

/** Before each further attempt, in milliseconds; together less than a person notices. */
const waits = [10, 20, 40, 80, 160, 320];

/** As the file system's `rename`, tried again while it is refused as a file in use is; the last refusal passes through. */
export async function renamePatiently(
  fileSystem: FileSystem,
  ...[from, to, options]: Parameters<FileSystem["rename"]>
): Promise<void> {
  for (const wait of waits) {
    try {
      return await fileSystem.rename(from, to, options);
    } catch (error) {
      if (!["EPERM", "EACCES", "EBUSY"].includes(systemCode(error) ?? "")) throw error;
      await new Promise((resume) => setTimeout(resume, wait));
    }
  }
  return fileSystem.rename(from, to, options);
}
