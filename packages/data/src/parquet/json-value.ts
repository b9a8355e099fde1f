// Values of a Parquet file as JSON has them: forms of rows know no others.

/** Whole numbers of 64 bits become numbers, times texts, typed arrays lists; bytes stay as they are, and no form takes them. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(jsonValue);
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)]));
}
