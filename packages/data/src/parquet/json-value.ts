// Values of a Parquet file as JSON has them: forms of rows know no others.

/** Whole numbers of 64 bits become numbers, times texts, typed arrays lists; bytes stay bytes, and no form takes them. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(jsonValue);
  if (value instanceof Uint8Array) return value.slice(); // out of the page that it is a part of
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)]));
}

/** About how many bytes such a value takes. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length + 16;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce<number>((sum, inner) => sum + sizeOf(inner), 16);
}
