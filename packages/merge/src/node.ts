export { diskFolder, writeExportFolder } from "./node/write-export-folder.ts";
export { writeModelFolder } from "./node/write-model-folder.ts";
