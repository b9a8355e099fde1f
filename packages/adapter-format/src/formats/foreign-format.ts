// How another program's adapter is known. PEFT's own format is the room beside; one of these that can be read has a reader in
// its room, and a line in read-adapter-in.ts.

/** Something of an adapter's files that can be seen before they are read. */
export type Clue =
  /** The name of a file in the folder. */
  | { readonly file: string }
  /** The name of a tensor. */
  | { readonly tensor: string }
  /** A key of adapter_config.json, which no PEFT wrote. */
  | { readonly configKey: string }
  /** A file's first four bytes as text. */
  | { readonly start: string };

/** A program's format. */
export interface ForeignFormat {
  readonly name: string;
  /** A sentence: what to do instead of reading it. */
  readonly advice: string;
  /** Whether only files of this format have that. */
  recognises(clue: Clue): boolean;
}

/** What to say of files that hold a whole adapter and need no configuration. */
export const oneFile =
  "It is read by the path of the .safetensors file itself, or as the only one in a folder without adapter_config.json.";
