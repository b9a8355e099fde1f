// Names that only our own packages import. They may change in any release.

export type { DataFormat } from "../files/data-format.ts";
export type { DataInput } from "../files/read-data-file.ts";
export { GuardedDecoder } from "../guarded/guarded-decoder.ts";
export { fileOfPackage } from "../guarded/start-thread.ts";
export { RowSpool } from "../spool/row-spool.ts";
