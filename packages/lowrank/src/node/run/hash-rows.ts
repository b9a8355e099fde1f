// Hashes all rows of a run one by one: a hundred thousand rows as one text would exceed the maximum string length.

import { createHash, type Hash } from "node:crypto";
import {
  type AudioInput,
  type ImageInput,
  isUndecoded,
  labelsOf,
  type RowList,
  type TokenizedExample,
} from "@lowrank/data/internal";
import type { RowMedia, RunFacts } from "../../run-folder.ts";

export interface HashedMedia {
  readonly media: RowMedia | undefined;
  /** Whether to hash the prepared pixels and features, instead of the bytes of the files. */
  readonly isOpened: boolean;
}

/** The hash of tokenized rows, with their images and recordings. Throws MEDIA_UNREADABLE. */
export async function hashRows(rows: RowList<TokenizedExample>, { media, isOpened }: HashedMedia): Promise<string> {
  const hash = createHash("sha256");
  const count = media?.notices.count?.({
    what: "images and recordings hashed",
    total: rows.length,
  });
  for (const row of rows) {
    if (media === undefined || !isUndecoded(row)) {
      addRow(hash, row);
      continue;
    }
    addRow(hash, isOpened ? await media.open(row) : row);
    if (!isOpened) await addSource(hash, row, media);
    count?.add(1);
  }
  count?.stop();
  return digest(hash);
}

/** For rows that are tokenized when drawn; a sample stands for their tokens. */
export function hashTexts({ rows, lengths }: NonNullable<RunFacts["texts"]>): string {
  const hash = createHash("sha256").update(JSON.stringify(lengths));
  for (const row of rows) hash.update(`${JSON.stringify(row, withoutBytes)}\n`);
  return digest(hash);
}

/** Bytes of an image as their hash: as JSON they would be ten times as long. */
function withoutBytes(_: string, value: unknown): unknown {
  const isBytes = value instanceof Uint8Array || value instanceof Uint8ClampedArray;
  return isBytes ? digest(createHash("sha256").update(value)) : value;
}

export function shortHash(text: string): string {
  return digest(createHash("sha256").update(text));
}

function addRow(hash: Hash, row: TokenizedExample): void {
  const { kind, inputIds, attentionMask, tokenTypeIds } = row;
  const lists = [inputIds, labelsOf(row), attentionMask, tokenTypeIds];
  // The lengths of lists, so that no two different rows have the same bytes.
  hash.update(JSON.stringify([kind, ...lists.map((list) => list?.length ?? null)]));
  for (const list of lists) if (list !== undefined) hash.update(Int32Array.from(list));
  if ("pixels" in row && row.pixels !== undefined) hash.update(row.pixels.bytes);
  if ("tiles" in row) for (const { bytes } of row.tiles ?? []) hash.update(bytes);
  // Numbers that are not integers.
  if (kind === "scored" || kind === "comparison") hash.update(Float64Array.from(labelsOf(row)));
  if (kind === "comparison") for (const other of row.others) hash.update(Int32Array.from([other.length, ...other]));
  // Rewards read all fields.
  if (kind === "prompt") hash.update(JSON.stringify(row.row));
  if ("isGood" in row) hash.update(Uint8Array.of(Number(row.isGood)));
  if ("rejected" in row) {
    const { inputIds, labels } = row.rejected;
    hash.update(Int32Array.from([inputIds.length, ...inputIds, ...labels]));
  }
  if (kind === "source-target" && row.audioFeatures !== undefined) hash.update(row.audioFeatures.features);
}

/** The bytes of an image or a recording, and their number. */
async function addSource(hash: Hash, row: TokenizedExample, media: RowMedia): Promise<void> {
  const file = ("image" in row ? row.image : undefined) ?? ("audio" in row ? row.audio : undefined);
  const files = [...("images" in row ? (row.images ?? []) : []), ...(file === undefined ? [] : [file])];
  for (const each of files) await addFile(hash, each, media);
}

async function addFile(hash: Hash, file: ImageInput | AudioInput, media: RowMedia): Promise<void> {
  if (typeof file === "object" && "data" in file) {
    hash.update(JSON.stringify([file.width, file.height])).update(file.data);
  } else if (typeof file === "object" && "samples" in file) {
    hash.update(JSON.stringify([file.sampleRate, file.samples.length])).update(file.samples);
  } else if (typeof file === "object" && "factor" in file) {
    hash.update(file.bytes);
  } else {
    const bytes = await media.bytes(file);
    hash.update(JSON.stringify(bytes.length)).update(bytes);
  }
}

function digest(hash: Hash): string {
  return hash.digest("hex").slice(0, 32);
}
