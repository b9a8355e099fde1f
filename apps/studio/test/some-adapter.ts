// An adapter that is not trained but has an effect, for tests of actions on adapters.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { ShelfEntry } from "../src/protocol/shelf.ts";
import { keepAdapter } from "../src/worker/shelf/keep-adapter.ts";
import type { WorkerState } from "../src/worker/worker-state.ts";

export interface SomeAdapter extends Partial<LoraConfig> {
  readonly name: string;
  readonly seed: number;
}

/** The adapter's files, with random numbers in A and B. */
export async function someFiles(
  { loaded }: WorkerState,
  { name, seed, ...config }: SomeAdapter,
): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const full = {
    rank: 4,
    targetModules: ["q_proj", "v_proj"],
    init: false,
    baseModel: "@lowrank/tiny-model",
    ...config,
  };
  const adapter = loaded.opened.adapt(full, { name, seed });
  try {
    return await adapter.files();
  } finally {
    adapter.dispose();
  }
}

export async function someAdapter(state: WorkerState, adapter: SomeAdapter): Promise<ShelfEntry> {
  const { name } = adapter;
  return keepAdapter(state, await someFiles(state, adapter), { name, origin: "trained" });
}
