// Puts files together byte by byte, also ones that no writer would make.

/** A file: the header's length (or a wrong number instead), the header, the data. */
export function fileOf(
  header: string | Uint8Array,
  data: number | Uint8Array = 0,
  claimedLength?: number | bigint,
): Uint8Array {
  const head = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const tail = typeof data === "number" ? new Uint8Array(data) : data;
  return join(u64(BigInt(claimedLength ?? head.length)), head, tail);
}

/** A tensor's entry; shape and offsets are text, since they may be nonsense. */
export function entry(dtype: string, shape: string, offsets: string): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
}

export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export function join(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const bytes = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  const all = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of bytes) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}
