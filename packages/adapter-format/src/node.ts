export { readAdapterFolder, writeAdapterFolder } from "./node/adapter-folder.ts";
