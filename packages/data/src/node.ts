// Data files from a disk, read in pieces.

export type { DataFormat } from "./reading/data-format.ts";
export { findDataFiles } from "./reading/find-data-files.ts";
export { type DataInput, type ReadFileOptions, readDataFile, streamDataFile } from "./reading/read-data-file.ts";
export { type RowKeeper, RowSpool, type SpoolOptions } from "./spool/row-spool.ts";
