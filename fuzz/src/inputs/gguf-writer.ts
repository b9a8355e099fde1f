// Writes GGUF files of which any number may be a lie.

/** A value with the number of its type. */
export type GgufInput =
  | { readonly type: number; readonly number: bigint | number }
  | { readonly type: 8; readonly text: string }
  | { readonly type: 9; readonly itemType: number; readonly items: readonly GgufInput[]; readonly length?: bigint };

/** Bytes of the integer types and of true and false, by their number. */
const integerBytes = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [7, 1],
  [10, 8],
  [11, 8],
]);

/** Little-endian bytes of an integer; what does not fit is cut off. */
export function integer(value: bigint | number, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return new Uint8Array(view.buffer, 0, size);
}

/** A string after its length. */
export function ggufText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return Buffer.concat([integer(bytes.length, 8), bytes]);
}

/** The number of a value's type and the value. */
export function ggufValue(value: GgufInput): Uint8Array {
  return Buffer.concat([integer(value.type, 4), contents(value)]);
}

function contents(value: GgufInput): Uint8Array {
  if ("text" in value) return ggufText(value.text);
  if ("items" in value) {
    const { itemType, items, length = BigInt(items.length) } = value;
    return Buffer.concat([integer(itemType, 4), integer(length, 8), ...items.map(contents)]);
  }
  if (value.type === 6) return new Uint8Array(Float32Array.of(Number(value.number)).buffer);
  if (value.type === 12) return new Uint8Array(Float64Array.of(Number(value.number)).buffer);
  return integer(BigInt(Math.trunc(Number(value.number)) || 0), integerBytes.get(value.type) ?? 4);
}
