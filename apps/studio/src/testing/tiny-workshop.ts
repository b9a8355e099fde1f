// A worker's hands in Node: the tiny model on plain JavaScript or wasm, and a store that a test may look into.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { openFolder } from "@lowrank/models/node";
import * as tf from "@tensorflow/tfjs-core";
import { openModel } from "lowrank/browser";
import type { Store } from "../storage/store.ts";
import { memoryStore } from "../storage/store.ts";
import { Workshop } from "../worker/workshop.ts";
import { tinyFacts } from "./tiny-facts.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");

export async function tinyWorkshop(store: Store = memoryStore()): Promise<Workshop> {
  const { name } = await chooseEngine({ order: ["wasm", "cpu"] });
  const opened = await openModel(openFolder(folder), { engine: false });
  const workshop = new Workshop(store);
  workshop.engine = { name: name as "wasm" | "cpu", threads: 1, skipped: [] };
  workshop.model = { source: { kind: "tiny" }, facts: tinyFacts, opened, weightBytes: tf.memory().numBytes };
  return workshop;
}
