import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { answering } from "../../test/answering.ts";
import { tinyFacts } from "../../test/tiny-facts.ts";
import type { ModelFacts } from "../protocol/model.ts";
import type { CheckedRow } from "../protocol/rows.ts";
import { memoryStore, QuotaError, type Store } from "../storage/store.ts";
import { RowsState } from "./rows.ts";

const ask = answering({
  checkRows: async (rows) =>
    rows.map(({ id, answers }): CheckedRow => {
      const problem = answers === "" ? ({ column: "answers", kind: "empty" } as const) : undefined;
      return { id, tokens: 3, pieces: [], problem };
    }),
  readRows: async (source) => {
    if ("text" in source && source.text === "broken") throw new Error("line 2 is broken");
    return { rows: [{ id: "read", says: "Bye", answers: "See you" }] };
  },
});

let store: Store;
const open = () => new RowsState({ ask, store, model: signal<ModelFacts | undefined>(tinyFacts) });
const texts = (rows: RowsState) => rows.rows.value.map(({ says }) => says);

beforeEach(() => {
  store = memoryStore();
});

describe("the table of rows", () => {
  it("counts those that can be taught, and their tokens, once they were looked at", async () => {
    const rows = open();
    rows.replace([
      { says: "Hi", answers: "Hello" },
      { says: "Bye", answers: "" },
    ]);
    await vi.waitFor(() => expect(rows.tokens.value).toBe(3));
    expect(rows.teachable.value.map(({ says }) => says)).toEqual(["Hi"]);
  });

  it("gives back what was removed, and what other rows took the place of", () => {
    const rows = open();
    rows.replace([
      { says: "Hi", answers: "Hello" },
      { says: "Bye", answers: "See you" },
    ]);
    const [first] = rows.rows.value;
    rows.remove(first?.id ?? "");
    expect(texts(rows)).toEqual(["Bye"]);
    rows.takeBack();
    expect(texts(rows)).toEqual(["Hi", "Bye"]);
    rows.clear();
    expect(texts(rows)).toEqual([""]);
    rows.takeBack();
    expect(texts(rows)).toEqual(["Hi", "Bye"]);
    expect(rows.undo.value).toBeUndefined();
  });

  it("adds pasted rows after the written ones, in place of blank rows", async () => {
    const rows = open();
    rows.change(rows.rows.value[0]?.id ?? "", { says: "Hi" });
    await rows.read({ text: "Bye\tSee you" });
    expect(texts(rows)).toEqual(["Hi", "Bye"]);
  });

  it("reports what is wrong with pasted text, and keeps the rows", async () => {
    const rows = open();
    const before = rows.rows.value;
    await rows.read({ text: "broken" });
    expect(rows.failure.value).toBe("line 2 is broken");
    expect(rows.rows.value).toBe(before);
  });

  it("has on the next visit what was written on the last", async () => {
    const rows = open();
    await rows.restore();
    rows.replace([{ says: "Hi", answers: "Hello" }]);
    rows.flush();
    const later = open();
    await vi.waitFor(async () => expect(await store.read("rows.json")).toBeDefined());
    await later.restore();
    expect(texts(later)).toEqual(["Hi"]);
  });

  it("writes nothing over what was kept before it has read it", async () => {
    const rows = open();
    rows.add();
    rows.flush();
    await Promise.resolve();
    expect(await store.read("rows.json")).toBeUndefined();
  });

  it("reports that the browser has no space for them", async () => {
    const rows = open();
    await rows.restore();
    store.write = async (path, bytes) => {
      throw new QuotaError(path, bytes.length);
    };
    rows.add();
    rows.flush();
    await vi.waitFor(() => expect(rows.isSaved.value).toBe(false));
  });
});
