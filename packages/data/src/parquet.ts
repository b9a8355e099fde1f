// Reads Parquet files, also in a page. readDataFile of "@lowrank/data/node" reads files on disk.

export { openParquet } from "./parquet/open-parquet.ts";
