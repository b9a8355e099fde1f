// A worker's hands in Node: the tiny model on plain JavaScript or wasm, and a store that a test may look into.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { openFolder } from "@lowrank/models/node";
import * as tf from "@tensorflow/tfjs-core";
import { openModel } from "lowrank/browser";
import type { Store } from "../src/storage/store.ts";
import { memoryStore } from "../src/storage/store.ts";
import { WorkerState } from "../src/worker/worker-state.ts";
import { tinyFacts } from "./tiny-facts.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");

export async function tinyWorkerState(store: Store = memoryStore()): Promise<WorkerState> {
  const { name } = await chooseEngine({ order: ["wasm", "cpu"] });
  const opened = await openModel(openFolder(folder), { engine: false });
  const state = new WorkerState(store);
  state.engine = { name: name as "wasm" | "cpu", threads: 1, skipped: [] };
  state.model = { source: { kind: "tiny" }, facts: tinyFacts, opened, weightBytes: tf.memory().numBytes };
  return state;
}
