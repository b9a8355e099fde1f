export { DiskFullError, FileReadError, OutputExistsError } from "./node/errors.ts";
export { type FileSystem, nodeFileSystem, type OpenFile, type PathEntry } from "./node/file-system.ts";
export {
  type DraftFile,
  type DraftRequest,
  type Findings,
  FolderDraft,
  type WrittenFile,
} from "./node/folder-draft.ts";
export { type FolderFiles, type FolderProblem, folderFiles } from "./node/folder-files.ts";
export { type FileSource, linkTarget, openFile } from "./node/open-file.ts";
export { isRunning, processIdentity, temporaryPath, tidyUpTemporaries } from "./node/temporary-path.ts";
export { type AtomicWriteOptions, type FileContents, writeFileAtomic, writePieces } from "./node/write-file-atomic.ts";
export { type FolderWriteOptions, writeFolderAtomic } from "./node/write-folder-atomic.ts";
export { type ListedFolderOptions, listedNames, writeListedFolder } from "./node/write-listed-folder.ts";
