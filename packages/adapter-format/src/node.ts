export { readAdapterFolder, type WriteFolderOptions, writeAdapterFolder } from "./node/adapter-folder.ts";
