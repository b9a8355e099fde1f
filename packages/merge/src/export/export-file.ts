// A file of the exported folder.

/** One file to write, made piece by piece only when it is. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: number;
  /** Its bytes, or those from a place on. */
  contents(from?: number): AsyncIterable<Uint8Array>;
  /** What is found out meanwhile, as plain data: `give` it to whoever makes the rest, before asking for `contents`. */
  readonly findings?: { taken(): unknown; give(found: unknown): void };
}
