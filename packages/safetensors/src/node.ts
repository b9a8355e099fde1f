export { DiskFullError, FileReadError } from "./node/errors.ts";
export { type FileSystem, nodeFileSystem } from "./node/file-system.ts";
export { type DraftRequest, FolderDraft, type WrittenFile } from "./node/folder-draft.ts";
export { type FolderFiles, folderFiles } from "./node/folder-files.ts";
export { linkTarget, openFile } from "./node/open-file.ts";
export { isRunning, processIdentity, temporaryPath, tidyUpTemporaries } from "./node/temporary-path.ts";
export { writeFileAtomic, writePieces } from "./node/write-file-atomic.ts";
export { writeFolderAtomic } from "./node/write-folder-atomic.ts";
export { listedNames, writeListedFolder } from "./node/write-listed-folder.ts";
