// Reads data files from disk, in pieces.

export type { DataFormat } from "./files/data-format.ts";
export { findDataFiles } from "./files/find-data-files.ts";
export { type DataInput, readDataFile, streamDataFile } from "./files/read-data-file.ts";
export { GuardedDecoder } from "./guarded/guarded-decoder.ts";
export { fileOfPackage } from "./guarded/start-thread.ts";
export { RowSpool, type RowStore } from "./spool/row-spool.ts";
