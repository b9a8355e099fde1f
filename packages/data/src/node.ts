// Data files from a disk, read in pieces.

export { type DataFormat, type ReadFileOptions, readDataFile } from "./reading/read-data-file.ts";
