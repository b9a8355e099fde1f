// What a tokenizer is read from.

/** What can be read by name: a model folder on disk or behind an address (`ModelFolder` of `@lowrank/models` is one). */
export interface TextFiles {
  /** For messages. */
  readonly name: string;
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
}
