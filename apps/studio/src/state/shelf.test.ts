import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import type { ShelfEntry } from "../protocol/shelf.ts";
import { type Ask, WorkerFailure } from "../worker-client.ts";
import { ShelfState } from "./shelf.ts";

const entryOf = (id: string, model = "Tiny"): ShelfEntry => ({
  id,
  name: `name ${id}`,
  model,
  address: undefined,
  chats: false,
  made: Number(id),
  bytes: 1,
  rank: 4,
  origin: "trained",
});

/** A worker with these adapters, whose next failure may be set. */
function shelfWith(...entries: ShelfEntry[]) {
  const kept = new Map(entries.map((entry) => [entry.id, entry]));
  const worker: { failure?: WorkerFailure } = {};
  const ask: Ask = async (name, given) => {
    if (worker.failure !== undefined) throw worker.failure;
    const { id, name: wanted } = (given ?? {}) as { id: string; name: string };
    if (name === "shelf") return [...kept.values()] as never;
    if (name === "rename") return { ...entryOf(id), name: wanted } as never;
    if (name === "restore") return entryOf(id) as never;
    if (name === "mix") return { ...entryOf("9"), name: wanted, origin: "mixed" } as never;
    return undefined as never;
  };
  const model = signal<string | undefined>("Tiny");
  const chosen = signal<{ readonly id: string; readonly name: string } | undefined>(undefined);
  return { kept, worker, model, chosen, shelf: new ShelfState({ ask, model, chosen }) };
}

describe("the page's shelf", () => {
  it("chooses the newest adapter of the open model, and another when the model changes", async () => {
    const { shelf, model, chosen } = shelfWith(entryOf("3", "Other"), entryOf("2"), entryOf("1"));
    await shelf.refresh();
    expect(chosen.value?.id).toBe("2");
    model.value = "Other";
    expect(chosen.value?.id).toBe("3");
    model.value = "Third";
    expect(chosen.value).toBeUndefined();
  });

  it("finds what was trained just now", async () => {
    const { shelf, kept, chosen } = shelfWith();
    kept.set("5", entryOf("5"));
    chosen.value = { id: "5", name: "new" };
    await vi.waitFor(() => expect(shelf.chosenEntry.value?.id).toBe("5"));
  });

  it("keeps the choice through a new name, and gives back what was deleted", async () => {
    const { shelf, chosen } = shelfWith(entryOf("2"), entryOf("1"));
    await shelf.refresh();
    await shelf.rename("2", "other");
    expect(chosen.value).toEqual({ id: "2", name: "other" });
    await shelf.remove("2");
    expect(chosen.value?.id).toBe("1");
    expect(shelf.removed.value?.name).toBe("other");
    await shelf.undo();
    expect(shelf.entries.value.map(({ id }) => id)).toEqual(["2", "1"]);
    expect(shelf.removed.value).toBeUndefined();
  });

  it("reports a failure next to its field, and loses nothing", async () => {
    const { shelf, worker } = shelfWith(entryOf("1"));
    await shelf.refresh();
    worker.failure = new WorkerFailure("no room", "STORAGE_FULL");
    expect(await shelf.add({ repository: "a/b" })).toBe(false);
    expect(shelf.failure.value).toEqual({ at: "add", code: "STORAGE_FULL", message: "no room" });
    expect(shelf.busy.value).toBeUndefined();
    expect(shelf.entries.value).toHaveLength(1);
  });

  it("chooses a mixture once it is mixed", async () => {
    const { shelf, chosen } = shelfWith(entryOf("2"), entryOf("1"));
    await shelf.refresh();
    await shelf.mix("2", "1", { share: 0.3, name: "both" });
    expect(chosen.value?.name).toBe("both");
  });
});
