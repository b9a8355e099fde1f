export {
  diskFolder,
  type WriteExportFolderOptions,
  type WritingProgress,
  writeExportFolder,
} from "./node/write-export-folder.ts";
export { type WriteModelFolderOptions, writeModelFolder } from "./node/write-model-folder.ts";
