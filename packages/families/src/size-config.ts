// The numbers that make an architecture, with limits so that no file can ask for absurd amounts of memory.

import type { ConfigReader } from "./config-reader.ts";
import type { SizeName, SizeRow } from "./config-table.ts";
import type { Family } from "./family.ts";

/** Largest believable values; the largest models published stay far below. */
const limits: Readonly<Record<SizeName, number>> = {
  vocabularySize: 16_777_216,
  hiddenSize: 131_072,
  embeddingSize: 131_072,
  intermediateSize: 1_048_576,
  layers: 1024,
  heads: 1024,
  keyValueHeads: 1024,
  headSize: 65_536,
  maxPositions: 268_435_456,
  tokenTypes: 65_536,
  decoderLayers: 1024,
  decoderHeads: 1024,
  decoderIntermediateSize: 1_048_576,
  positionBuckets: 65_536,
  farthestDistance: 268_435_456,
  imageSize: 65_536,
  imageChannels: 4096,
  patchSize: 65_536,
};

type SizeRows = Readonly<Partial<Record<SizeName, SizeRow>>>;
type Sizes = Record<SizeName, number>;

/** Reads all sizes and checks that heads divide what they must; problems go to the reader. */
export function readSizes(reader: ConfigReader, { config: { sizes: rows } }: Family): Sizes {
  const read = (name: SizeName): number => readSize(reader, { name, row: rows[name], known });
  // In this order, because a fallback may refer to sizes above it.
  const known: Partial<Sizes> = {};
  known.vocabularySize = read("vocabularySize");
  known.hiddenSize = read("hiddenSize");
  known.embeddingSize = rows.embeddingSize ? read("embeddingSize") : known.hiddenSize;
  known.layers = read("layers");
  known.heads = read("heads");
  known.intermediateSize = read("intermediateSize");
  known.maxPositions = read("maxPositions");
  known.tokenTypes = rows.tokenTypes ? read("tokenTypes") : 0;
  known.keyValueHeads = rows.keyValueHeads ? read("keyValueHeads") : known.heads;
  const headSize = readHeadSize(reader, { rows, hidden: known.hiddenSize, heads: known.heads });

  checkDivides(reader, { row: rows.keyValueHeads, part: known.keyValueHeads, whole: known.heads });
  return {
    vocabularySize: known.vocabularySize,
    hiddenSize: known.hiddenSize,
    embeddingSize: known.embeddingSize,
    intermediateSize: known.intermediateSize,
    layers: known.layers,
    heads: known.heads,
    keyValueHeads: known.keyValueHeads,
    headSize,
    maxPositions: known.maxPositions,
    tokenTypes: known.tokenTypes,
    decoderLayers: read("decoderLayers"),
    decoderHeads: read("decoderHeads"),
    decoderIntermediateSize: read("decoderIntermediateSize"),
    positionBuckets: read("positionBuckets"),
    farthestDistance: read("farthestDistance"),
    imageSize: read("imageSize"),
    imageChannels: read("imageChannels"),
    patchSize: read("patchSize"),
  };
}

function readSize(
  reader: ConfigReader,
  { name, row, known }: { name: SizeName; row: SizeRow | undefined; known: Partial<Sizes> },
): number {
  if (!row) return 0;
  const bounds = { least: 1, most: limits[name] };
  const value = reader.integer(reader.pick(row.keys), bounds);
  if (value !== null) return value;
  if (typeof row.fallback === "number") return row.fallback;
  if (row.fallback) return row.fallback.times * (known[row.fallback.of] ?? Number.NaN);
  reader.missing(row.keys[0], `an integer from 1 to ${bounds.most}`);
  return Number.NaN;
}

function readHeadSize(
  reader: ConfigReader,
  { rows, hidden, heads }: { rows: SizeRows; hidden: number; heads: number },
): number {
  const row = rows.headSize;
  const given = row ? reader.integer(reader.pick(row.keys), { least: 1, most: limits.headSize }) : null;
  if (given !== null) return given;
  if (typeof row?.fallback === "number") return row.fallback;
  if (Number.isNaN(hidden) || Number.isNaN(heads)) return Number.NaN;
  if (hidden % heads !== 0) reader.invalid(keyOf(rows.heads), heads, `a divisor of the hidden size (${hidden})`);
  return Math.floor(hidden / heads);
}

function checkDivides(
  reader: ConfigReader,
  { row, part, whole }: { row: SizeRow | undefined; part: number; whole: number },
): void {
  if (!row || Number.isNaN(part) || Number.isNaN(whole) || whole % part === 0) return;
  reader.invalid(keyOf(row), part, `a divisor of the number of attention heads (${whole})`);
}

function keyOf(row: SizeRow | undefined): string {
  return row?.keys[0] ?? "head size";
}
