// Data files from a disk, read in pieces.

export type { DataFormat } from "./files/data-format.ts";
export { findDataFiles } from "./files/find-data-files.ts";
export { type DataInput, type ReadFileOptions, readDataFile, streamDataFile } from "./files/read-data-file.ts";
export type { DecoderModule, OpenDecoder, ReadBytes } from "./guarded/decoder-module.ts";
export { GuardedDecoder } from "./guarded/guarded-decoder.ts";
export { fileOfPackage } from "./guarded/start-thread.ts";
export { type RowKeeper, RowSpool, type SpoolOptions } from "./spool/row-spool.ts";
