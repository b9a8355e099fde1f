// Puts an adapter on the shelf, wherever it comes from.

import { parseLoraConfig } from "@lowrank/adapter-format";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import { QuotaError, type Store } from "../../storage/store.ts";
import type { WorkerState } from "../worker-state.ts";
import { AdapterFilesError } from "./errors.ts";
import { storedEntries, sweep, writeStored } from "./shelf-folder.ts";

/** Facts of the shelf about an adapter that its files do not have. */
export interface KeepingFacts extends Pick<ShelfEntry, "name" | "origin" | "question" | "settings" | "curve"> {
  /** Default: a new one. An adapter that is saved again under the same id replaces the previous one. */
  readonly id?: string;
  /** The model that it belongs to; default: the open one. */
  readonly base?: Pick<ShelfEntry, "model" | "address" | "chats">;
}

/**
 * Keeps an adapter's files: what `OpenedAdapter.files()` gives. A name that is taken gets a number. Throws QuotaError once
 * deleted adapters have made all the room that they can.
 */
export async function keepAdapter(
  state: WorkerState,
  files: ReadonlyMap<string, string | Uint8Array>,
  { id = crypto.randomUUID(), name, origin, question, settings, curve, base }: KeepingFacts,
): Promise<ShelfEntry> {
  const folder = new Map([...files].map(([file, content]) => [file, asBytes(content)]));
  const { store } = state;
  const { facts } = state.loaded;
  const entry: ShelfEntry = {
    id,
    name: await freeName(store, name, id),
    ...(base ?? { model: facts.name, address: facts.address, chats: facts.chats }),
    made: Date.now(),
    bytes: [...folder.values()].reduce((sum, bytes) => sum + bytes.length, 0),
    rank: rankIn(folder, name),
    origin,
    question,
    settings,
    curve,
  };
  try {
    await writeStored(store, entry, folder);
  } catch (error) {
    if (!(error instanceof QuotaError)) throw error;
    await sweep(store);
    await writeStored(store, entry, folder);
  }
  return entry;
}

/** The name, followed by the first number that no other adapter has. */
export async function freeName(store: Store, name: string, id: string): Promise<string> {
  const wanted = name.trim() || "Adapter";
  const others = (await storedEntries(store)).filter((entry) => entry.id !== id && entry.removed === undefined);
  const taken = new Set(others.map((entry) => entry.name));
  for (let number = 1; ; number++) {
    const free = number === 1 ? wanted : `${wanted} ${number}`;
    if (!taken.has(free)) return free;
  }
}

/** The largest that a layer has. */
function rankIn(folder: ReadonlyMap<string, Uint8Array>, name: string): number {
  const bytes = folder.get("adapter_config.json");
  if (bytes === undefined) throw new AdapterFilesError(name, "it has no adapter_config.json");
  const { rank, rankPattern } = parseLoraConfig(new TextDecoder().decode(bytes), { file: name });
  return Math.max(rank, ...rankPattern.values());
}

function asBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
