// Where a GGUF file's bytes come from.

/** Something with a size that can be read in ranges; the byte sources of @lowrank/safetensors are such. */
export interface GgufSource {
  /** For messages: a path, a URL. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
