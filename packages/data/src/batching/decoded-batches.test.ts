import { describe, expect, it } from "vitest";
import type { TokenizedExample } from "../tokenized-example.ts";
import { batches } from "./batches.ts";
import { decodedBatches } from "./decoded-batches.ts";
import type { TokenBatch } from "./pad-batch.ts";

const pixelsOf = (row: number) => ({
  width: 1,
  height: 1,
  bytes: Uint8Array.of(row, 2 * row, 3 * row),
  factor: 1 / 255,
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
});
const named = Array.from({ length: 11 }, (_, row): TokenizedExample => {
  return { kind: "classified", inputIds: [], image: `${row}.png`, label: row };
});
const prepared = named.map((_, row): TokenizedExample => {
  return { kind: "classified", inputIds: [], pixels: pixelsOf(row), label: row };
});
const options = { batchSize: 2, padId: 0, seed: 3, epoch: 1 };

function opener({ broken = [], waits = true }: { readonly broken?: readonly number[]; readonly waits?: boolean } = {}) {
  const opened: number[] = [];
  const open = async (row: TokenizedExample): Promise<TokenizedExample | undefined> => {
    if (row.kind !== "classified") throw new Error("another row");
    if (waits) await new Promise((resolve) => setTimeout(resolve, row.label % 3));
    opened.push(row.label);
    return broken.includes(row.label) ? undefined : prepared[row.label];
  };
  return { opened, open };
}

async function all(made: AsyncIterable<TokenBatch>): Promise<readonly TokenBatch[]> {
  const found: TokenBatch[] = [];
  for await (const batch of made) found.push(batch);
  return found;
}

describe("decoded batches", () => {
  it("equal batches of rows that were prepared before, byte for byte and in order", async () => {
    expect(await all(decodedBatches(named, { ...options, open: opener().open }))).toEqual([
      ...batches(prepared, options),
    ]);
  });

  it("open one batch ahead, and no more", async () => {
    const { opened, open } = opener({ waits: false });
    const seen: number[] = [];
    for await (const _ of decodedBatches(named, { ...options, open })) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      seen.push(opened.length);
    }
    expect(seen).toEqual([4, 6, 8, 10, 11, 11]);
  });

  it("leave out files that cannot be opened, and throw if nothing of a batch is left", async () => {
    const inOrder = { batchSize: 2, padId: 0, shuffle: false };
    const found = await all(decodedBatches(named, { ...inOrder, open: opener({ broken: [1] }).open }));
    expect(found.map(({ rows }) => rows)).toEqual([1, 2, 2, 2, 2, 1]);
    await expect(all(decodedBatches(named, { ...inOrder, open: opener({ broken: [2, 3] }).open }))).rejects.toThrow(
      "No picture or recording of a whole batch could be opened",
    );
  });

  it("open no file of skipped batches, and count them", async () => {
    const { opened, open } = opener();
    const found = await all(decodedBatches(named, { ...options, open, unseen: 4 }));
    expect(found.slice(0, 4).map(({ rows }) => rows)).toEqual([0, 0, 0, 0]);
    expect(found.slice(4)).toEqual([...batches(prepared, options)].slice(4));
    expect(opened).toHaveLength(3);
  });

  it("throw the error of opening when the batch is requested, and not before", async () => {
    const open = async (row: TokenizedExample) => {
      if (row.kind === "classified" && row.label === 3) throw new Error("broken 3");
      return prepared[row.kind === "classified" ? row.label : 0];
    };
    const made = decodedBatches(named, { batchSize: 2, padId: 0, shuffle: false, open });
    expect((await made.next()).value).toMatchObject({ rows: 2 });
    await expect(made.next()).rejects.toThrow("broken 3");
  });

  it("are needed: a batch of files that are not decoded is refused", () => {
    expect(() => [...batches(named, options)]).toThrow("A picture or recording of the batch is not decoded. Use");
  });
});
