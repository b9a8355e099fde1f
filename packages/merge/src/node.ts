export { diskFolder } from "./node/disk-folder.ts";
export { type WriteModelFolderOptions, type WritingProgress, writeModelFolder } from "./node/write-model-folder.ts";
