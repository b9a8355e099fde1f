// Names that only our own packages import. They may change in any release.

export { FileReadError } from "../node/errors.ts";
export { type FileSystem, nodeFileSystem } from "../node/file-system.ts";
export { type DraftRequest, FolderDraft, type WrittenFile } from "../node/folder-draft.ts";
export { folderFiles } from "../node/folder-files.ts";
export { isWithin } from "../node/is-within.ts";
export { linkTarget } from "../node/open-file.ts";
export { isRunning, processIdentity, temporaryPath, tidyUpTemporaries } from "../node/temporary-path.ts";
export { writePieces } from "../node/write-file-atomic.ts";
export { listedNames, writeListedFolder } from "../node/write-listed-folder.ts";
