// Parquet files, in a page as well. readDataFile of "@lowrank/data/node" reads those on a disk.

export { openParquet } from "./parquet/open-parquet.ts";
