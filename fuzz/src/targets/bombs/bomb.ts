// What is known of a bomb.

/** A file that is dear to read. */
export interface Bomb {
  readonly name: string;
  /** The error's code, or the name of its class; absent if the file is to be read. */
  readonly expected?: string;
  /** Has it read; `folder` is for files on a disk. */
  explode(folder: string): unknown;
}

/** Lists within lists. */
export function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

/** An object with numbered keys. */
export function numbered(count: number, key: (index: number) => string, value: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [key(index), value]));
}
