// Reads the sizes of an architecture, with limits so that no file can request absurd amounts of memory.

import { type SizeName, sizeLimits } from "../config-names.ts";
import type { SizeRow } from "../config-table.ts";
import type { Family } from "../family.ts";
import type { ConfigReader } from "./config-reader.ts";

/**
 * Parts that some models of a family lack: kinds of tokens (DeBERTa), inputs of each layer and shared keys (Gemma 3n and 4), narrow queries,
 * layers without experts and shared experts (DeepSeek).
 */
const mayBeAbsent: ReadonlySet<SizeName> = new Set<SizeName>([
  ...(["tokenTypes", "perLayerSize", "sharedKeyLayers", "queryRank", "sharedExperts"] as const),
]);

const isSize = (name: string): name is SizeName => name in sizeLimits;

type SizeRows = Readonly<Partial<Record<SizeName, SizeRow>>>;
type Sizes = Record<SizeName, number>;

/** Reads all sizes and checks that they are divisible by the number of heads; problems go to the reader. */
export function readSizes(reader: ConfigReader, { config: { sizes: rows } }: Family): Sizes {
  const sizes: Sizes = { ...sizeLimits };
  for (const name of Object.keys(sizeLimits).filter(isSize)) {
    sizes[name] =
      name === "headSize" ? readHeadSize(reader, rows, sizes) : readSize(reader, { name, row: rows[name], sizes });
  }
  if (sizes.experts > 0 && sizes.expertsPerToken > sizes.experts)
    reader.invalid(
      keyOf(rows.expertsPerToken),
      sizes.expertsPerToken,
      `at most the number of experts (${sizes.experts})`,
    );
  const heads = { name: "attention heads", row: rows.keyValueHeads, part: sizes.keyValueHeads, whole: sizes.heads };
  checkDivides(reader, heads);
  const { memoryKeyHeads: part, memoryHeads: whole } = sizes;
  checkDivides(reader, { name: "heads with values", row: rows.memoryKeyHeads, part, whole });
  return sizes;
}

function readSize(
  reader: ConfigReader,
  { name, row, sizes }: { name: SizeName; row: SizeRow | undefined; sizes: Sizes },
): number {
  if (!row) return name === "embeddingSize" ? sizes.hiddenSize : name === "keyValueHeads" ? sizes.heads : 0;
  const bounds = { min: row.mayBeZero || mayBeAbsent.has(name) ? 0 : 1, max: sizeLimits[name] };
  const value = reader.integer(reader.pick(row.keys), bounds, row.element);
  if (value !== null) return value;
  // As in transformers: null gives each head its own keys, and an absent key the family's default.
  if (name === "keyValueHeads" && reader.peek(row.keys[0]) === null) return sizes.heads;
  if (typeof row.fallback === "number") return row.fallback;
  if (row.fallback) return row.fallback.times * sizes[row.fallback.of];
  reader.missing(row.keys[0], `an integer from 1 to ${bounds.max}`);
  return Number.NaN;
}

function readHeadSize(reader: ConfigReader, rows: SizeRows, { hiddenSize: hidden, heads }: Sizes): number {
  const row = rows.headSize;
  const value = row ? reader.integer(reader.pick(row.keys), { min: 1, max: sizeLimits.headSize }) : null;
  if (value !== null) return value;
  if (typeof row?.fallback === "number") return row.fallback;
  if (Number.isNaN(hidden) || Number.isNaN(heads)) return Number.NaN;
  // Without a row, the number of heads differs between stages and is read there.
  if (rows.heads === undefined) return 0;
  if (hidden % heads !== 0) reader.invalid(keyOf(rows.heads), heads, `a divisor of the hidden size (${hidden})`);
  return Math.floor(hidden / heads);
}

function checkDivides(
  reader: ConfigReader,
  { name, row, part, whole }: { name: string; row: SizeRow | undefined; part: number; whole: number },
): void {
  if (!row || Number.isNaN(part) || Number.isNaN(whole) || whole % part === 0) return;
  reader.invalid(keyOf(row), part, `a divisor of the number of ${name} (${whole})`);
}

function keyOf(row: SizeRow | undefined): string {
  return row?.keys[0] ?? "head size";
}
