// A file of the exported folder.

/** One file to write, made piece by piece only when it is. */
export interface ExportFile {
  readonly name: string;
  contents(): AsyncIterable<Uint8Array>;
}
