// The element types of the format, as one table.

/** Element types in the reference's order, by increasing alignment. It decides the order of tensors in a file. */
const table = [
  ["BOOL", 8],
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["U8", 8],
  ["I8", 8],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2FNUZ", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["C64", 64],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
] as const;

/** Name of an element type in a header; case-sensitive. */
export type Dtype = (typeof table)[number][0];

// A Map, not an object: a file may call its type "__proto__" or "toString".
const bitsByName: ReadonlyMap<string, number> = new Map(table);
const rankByName: ReadonlyMap<string, number> = new Map(table.map(([name], index) => [name, index]));

/** All element types of the format, in order of increasing alignment. */
export const dtypes: readonly Dtype[] = table.map(([name]) => name);

/** Whether a string names an element type. */
export function isDtype(name: string): name is Dtype {
  return bitsByName.has(name);
}

/** Bits of one element; 4 and 6 exist. */
export function bitsOf(dtype: Dtype): number {
  return bitsByName.get(dtype) ?? 0;
}

/** Position of a type in the layout order: higher ones come first in a file. */
export function layoutRank(dtype: Dtype): number {
  return rankByName.get(dtype) ?? 0;
}
