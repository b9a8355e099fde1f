import { expect, it } from "vitest";
import type { ServedModel } from "../served-model.ts";
import { AdapterShelf } from "./adapter-shelf.ts";

const adapter = (name: string) => ({ name, dispose: () => undefined });

it("keeps an adapter that the model had before a folder's of the same name", async () => {
  const model = { adapters: [adapter("mine")], attach: async (folder: string) => adapter(folder) };
  const shelf = new AdapterShelf(model as unknown as ServedModel, "base", Date.now);
  await expect(shelf.put("mine", "folder/mine")).rejects.toThrow("given by name");
  expect(shelf.remove("mine")).toBe(false);
  expect(shelf.take("mine").adapter?.name).toBe("mine");
  await shelf.put("other", "folder/other");
  expect(shelf.take("other").adapter?.name).toBe("folder/other");
  expect(shelf.remove("other")).toBe(true);
  expect(() => shelf.take("other\n")).toThrow('There is no model "other\\n". Use one of "base", "mine".');
});
