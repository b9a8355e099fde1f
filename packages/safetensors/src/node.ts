export { openFile } from "./node/open-file.ts";
export { writeFileAtomic } from "./node/write-file-atomic.ts";
export { writeFolderAtomic } from "./node/write-folder-atomic.ts";
