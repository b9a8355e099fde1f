// Reads data files from disk, in pieces.

export { findDataFiles } from "./files/find-data-files.ts";
export { readDataFile, streamDataFile } from "./files/read-data-file.ts";
