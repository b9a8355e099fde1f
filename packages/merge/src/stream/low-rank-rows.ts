// Adds rows of scale·left·right to rows of a weight: with WebAssembly's vector instructions if they are available and rows are
// whole vectors, else with loops.

import type { RowUpdate } from "@lowrank/math/internal";

/** Adds the update's rows from `first` on to `values` [rows, columns]. */
export type AddRows = (values: Float32Array, first: number) => void;

/** Returns a function that adds an update to rows of a weight. */
export function lowRankRows(update: RowUpdate, weight: { readonly rows: number; readonly columns: number }): AddRows {
  return weight.columns % 4 === 0 ? (byKernel(update, weight) ?? byLoops(update, weight)) : byLoops(update, weight);
}

const pageBytes = 65_536;

/** Undefined if WebAssembly is missing or forbidden, or the update is too large. */
function byKernel(
  { left, right, rank, groups, scale }: RowUpdate,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): AddRows | undefined {
  const width = 4 * columns;
  const rowAt = 4 * right.length;
  const leftAt = rowAt + width;
  const pages = Math.ceil((leftAt + 4 * rank) / pageBytes);
  if (pages > pageBytes) return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { add } = rowModule(memory);
    new Float32Array(memory.buffer, 0, right.length).set(right);
    const row = new Float32Array(memory.buffer, rowAt, columns);
    const factors = new Float32Array(memory.buffer, leftAt, rank);
    const rowsOfGroup = rows / groups;
    return (values, first) => {
      for (let start = 0, index = first; start < values.length; start += columns, index += 1) {
        for (let factor = 0; factor < rank; factor += 1)
          factors[factor] = scale * (left[index * rank + factor] as number);
        const weightRow = values.subarray(start, start + columns);
        row.set(weightRow);
        add(rowAt, leftAt, leftAt + 4 * rank, Math.floor(index / rowsOfGroup) * rank * width, width);
        weightRow.set(row);
      }
    };
  } catch {
    return undefined;
  }
}

/** Adds with loops, without vectors. */
export function byLoops(
  { left, right, rank, groups, scale }: RowUpdate,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): AddRows {
  const sum = new Float64Array(columns);
  const rowsOfGroup = rows / groups;
  return (values, first) => {
    for (let start = 0, index = first; start < values.length; start += columns, index += 1) {
      sum.fill(0);
      const firstFactor = Math.floor(index / rowsOfGroup) * rank;
      for (let factor = 0; factor < rank; factor += 1) {
        const multiplier = scale * (left[index * rank + factor] as number);
        const position = (firstFactor + factor) * columns;
        for (let column = 0; column < columns; column += 1)
          sum[column] = (sum[column] as number) + multiplier * (right[position + column] as number);
      }
      for (let column = 0; column < columns; column += 1)
        values[start + column] = (values[start + column] as number) + (sum[column] as number);
    }
  };
}

/** The WebAssembly module in base64. */
export const rowModuleBase64: string = /* @__PURE__ */ [
  "AGFzbQEAAAABGwRgBX9/f39/AGABewF7YAN/f38AYAR/f39/AAIQAQRyb3dzBm1lbW9yeQIAAQMKCQABAQECAgMDAgdCBgNhZGQAAAh3aWRlbkYxNgAECXdp",
  "ZGVuQkYxNgAFCHJvdW5kRjE2AAYJcm91bmRCRjE2AAcKbWVhc3VyZUYzMgAICssKCagDAgN/BXsgACAEaiEFAkADQCAFIABrQcAASQ0B/QwAAAAAAAAAAAAA",
  "AAAAAAAAIQn9DAAAAAAAAAAAAAAAAAAAAAAhCv0MAAAAAAAAAAAAAAAAAAAAACEL/QwAAAAAAAAAAAAAAAAAAAAAIQwgAyEGIAEhBwNAIAf9CQIAIQggCSAI",
  "IAb9AAQA/eYB/eQBIQkgCiAIIAb9AAQQ/eYB/eQBIQogCyAIIAb9AAQg/eYB/eQBIQsgDCAIIAb9AAQw/eYB/eQBIQwgBiAEaiEGIAdBBGoiByACSQ0ACyAA",
  "IAD9AAQAIAn95AH9CwQAIAAgAP0ABBAgCv3kAf0LBBAgACAA/QAEICAL/eQB/QsEICAAIAD9AAQwIAz95AH9CwQwIABBwABqIQAgA0HAAGohAwwACwsCQANA",
  "IAAgBU8NAf0MAAAAAAAAAAAAAAAAAAAAACEJIAMhBiABIQcDQCAJIAf9CQIAIAb9AAQA/eYB/eQBIQkgBiAEaiEGIAdBBGoiByACSQ0ACyAAIAD9AAQAIAn9",
  "5AH9CwQAIABBEGohACADQRBqIQMMAAsLC4EBAQF7IAD9DP9/AAD/fwAA/38AAP9/AAD9TkEN/asBIQEgAf0MAACAdwAAgHcAAIB3AACAd/3mASAB/QwAAIAP",
  "AACADwAAgA8AAIAP/T/9DAAAgH8AAIB/AACAfwAAgH/9Tv1QIAD9DACAAAAAgAAAAIAAAACAAAD9TkEQ/asB/VALpgEBAXsgAP3gASEBIAH9DAAAAD8AAAA/",
  "AAAAPwAAAD/95AH9DAAAAD8AAAA/AAAAPwAAAD/9sQEgAf0MAfD/NwHw/zcB8P83AfD/N/2xASABQQ39rQH9DAEAAAABAAAAAQAAAAEAAAD9Tv2uAUEN/a0B",
  "IAH9DAAAgDgAAIA4AACAOAAAgDj9Of1SIABBEP2tAf0MAIAAAACAAAAAgAAAAIAAAP1O/VALPAAgAP0M/38AAP9/AAD/fwAA/38AAP2uASAAQRD9rQH9DAEA",
  "AAABAAAAAQAAAAEAAAD9Tv2uAUEQ/a0BC0gCAX8BeyAAIAJBAXRqIQMDQCAA/QAEACEEIAEgBP2pARAB/QsEACABIAT9qgEQAf0LBBAgAUEgaiEBIABBEGoi",
  "ACADSQ0ACwtOAgF/AXsgACACQQF0aiEDA0AgAP0ABAAhBCABIAT9qQFBEP2rAf0LBAAgASAE/aoBQRD9qwH9CwQQIAFBIGohASAAQRBqIgAgA0kNAAsLpQEC",
  "AX8GeyAAIAJBAnRqIQQgA/0ABAAhBSAD/QAEECEGA0AgAP0ABAAhByAA/QAEECEIIAcQAiEJIAgQAiEKIAEgCSAK/YYB/QsEACAFIAcgCRAB/eUB/eABIAgg",
  "ChAB/eUB/eAB/ekB/ekBIQUgBiAH/eABIAj94AH9uQH9uQEhBiABQRBqIQEgAEEgaiIAIARJDQALIAMgBf0LBAAgAyAG/QsEEAurAQIBfwZ7IAAgAkECdGoh",
  "BCAD/QAEACEFIAP9AAQQIQYDQCAA/QAEACEHIAD9AAQQIQggBxADIQkgCBADIQogASAJIAr9hgH9CwQAIAUgByAJQRD9qwH95QH94AEgCCAKQRD9qwH95QH9",
  "4AH96QH96QEhBSAGIAf94AEgCP3gAf25Af25ASEGIAFBEGohASAAQSBqIgAgBEkNAAsgAyAF/QsEACADIAb9CwQQC0sCAX8BeyAAIAFBAnRqIQMgAv0ABBAh",
  "BANAIAQgAP0ABAD94AEgAP0ABBD94AH9uQH9uQEhBCAAQSBqIgAgA0kNAAsgAiAE/QsEEAs=",
].join("");

/** Exports of the module; see row-kernel.wat. */
interface RowFunctions {
  add(target: number, left: number, leftEnd: number, right: number, width: number): void;
  widenF16(source: number, target: number, count: number): void;
  widenBF16(source: number, target: number, count: number): void;
  roundF16(source: number, target: number, count: number, facts: number): void;
  roundBF16(source: number, target: number, count: number, facts: number): void;
  measureF32(source: number, count: number, facts: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** Instantiates the module with a memory. Throws if WebAssembly or its vectors are missing or forbidden. */
export function rowModule(memory: WebAssembly.Memory): RowFunctions {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(rowModuleBase64), (character) => character.charCodeAt(0)));
  // The module is constant, so its exports are known.
  return new WebAssembly.Instance(compiled, { rows: { memory } }).exports as unknown as RowFunctions;
}
