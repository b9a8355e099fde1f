import { expect, it } from "vitest";
import type { ServedModel } from "../served-model.ts";
import { AdapterRegistry } from "./adapter-registry.ts";

const adapter = (name: string) => ({ name, dispose: () => undefined });

it("prefers an adapter of the model to one in the folder with the same name", async () => {
  const model = { adapters: [adapter("mine")], attach: async (folder: string) => adapter(folder) };
  const registry = new AdapterRegistry(model as unknown as ServedModel, "base", Date.now);
  await expect(registry.put("mine", "folder/mine")).rejects.toThrow("given by name");
  expect(registry.remove("mine")).toBe(false);
  expect(registry.take("mine").adapter?.name).toBe("mine");
  await registry.put("other", "folder/other");
  expect(registry.take("other").adapter?.name).toBe("folder/other");
  expect(registry.remove("other")).toBe(true);
  expect(() => registry.take("other\n")).toThrow('There is no model "other\\n". Use one of "base", "mine".');
});
