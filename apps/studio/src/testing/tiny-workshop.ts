// A worker's hands in Node: the tiny model on plain JavaScript or wasm, and a store that a test may look into.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { openFolder } from "@lowrank/models/node";
import { openModel } from "lowrank/browser";
import type { ModelFacts } from "../protocol/model.ts";
import { memoryStore } from "../storage/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { Workshop } from "../worker/workshop.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");

export const tinyFacts: ModelFacts = {
  name: "@lowrank/tiny-model",
  address: undefined,
  parameters: 0,
  positions: 256,
  chats: false,
  blocks: 4,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
  loadSeconds: 0,
};

export async function tinyWorkshop(store: Store = memoryStore()): Promise<Workshop> {
  const { name } = await chooseEngine({ order: ["wasm", "cpu"] });
  const opened = await openModel(openFolder(folder), { engine: false });
  const workshop = new Workshop(store);
  workshop.engine = { name: name as "wasm" | "cpu", threads: 1, passedOver: [] };
  workshop.model = { source: { kind: "tiny" }, facts: tinyFacts, opened };
  return workshop;
}
