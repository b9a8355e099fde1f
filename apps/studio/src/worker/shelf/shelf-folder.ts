// Adapters in the store: a folder each, in PEFT's format, with the facts of the shelf next to it. The facts are written
// last, so that a folder without them is the remainder of a crash.

import { type Adapter, readAdapter } from "@lowrank/adapter-format";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import type { Store } from "../../storage/store.ts";
import { readJsonFile, writeJsonFile } from "../../storage/store.ts";
import { loadRe2 } from "../later/re2.ts";
import { AdapterFilesError, NotOnShelfError } from "./errors.ts";

/** Files by name: an adapter's folder. */
export type AdapterFolder = ReadonlyMap<string, Uint8Array>;

/** `removed`: when it was deleted, in milliseconds since 1970. */
export interface StoredEntry extends ShelfEntry {
  readonly removed?: number | undefined;
}

const shelf = "adapters";
const factsFile = "studio.json";
const folderOf = (id: string) => `${shelf}/${id}`;

/** Every adapter that is kept, deleted ones too; the newest first. */
export async function storedEntries(store: Store): Promise<readonly StoredEntry[]> {
  const found = await Promise.all((await store.list(shelf)).map((id) => readEntry(store, id)));
  return found.filter((entry) => entry !== undefined).sort((one, other) => other.made - one.made);
}

/** Throws NotOnShelfError. */
export async function storedEntry(store: Store, id: string): Promise<StoredEntry> {
  const entry = await readEntry(store, id);
  if (entry === undefined) throw new NotOnShelfError(id);
  return entry;
}

/** The adapter's files, without those of the shelf. Throws NotOnShelfError. */
export async function storedFolder(store: Store, id: string): Promise<AdapterFolder> {
  const files = new Map<string, Uint8Array>();
  for (const name of await store.list(folderOf(id))) {
    const bytes = name === factsFile ? undefined : await store.read(`${folderOf(id)}/${name}`);
    if (bytes !== undefined) files.set(name, bytes);
  }
  if (files.size === 0) throw new NotOnShelfError(id);
  return files;
}

/** Writes an adapter completely or not at all. Throws QuotaError. */
export async function writeStored(store: Store, entry: StoredEntry, files: AdapterFolder): Promise<void> {
  try {
    for (const [name, bytes] of files) await store.write(`${folderOf(entry.id)}/${name}`, bytes);
    await writeEntry(store, entry);
  } catch (error) {
    await store.remove(folderOf(entry.id));
    throw error;
  }
}

export function writeEntry(store: Store, entry: StoredEntry): Promise<void> {
  return writeJsonFile(store, `${folderOf(entry.id)}/${factsFile}`, entry);
}

/** Frees the storage of deleted adapters. */
export async function sweep(store: Store): Promise<void> {
  for (const { id, removed } of await storedEntries(store)) {
    if (removed !== undefined) await store.remove(folderOf(id));
  }
}

function readEntry(store: Store, id: string): Promise<StoredEntry | undefined> {
  const isEntry = (value: unknown): value is StoredEntry =>
    typeof value === "object" && value !== null && "id" in value && value.id === id && "made" in value;
  return readJsonFile(store, `${folderOf(id)}/${factsFile}`, isEntry);
}

/** The adapter as data. Throws NotOnShelfError, and the errors of `readAdapter`. */
export async function readStored(store: Store, id: string): Promise<Adapter> {
  const { name } = await storedEntry(store, id);
  const folder = await storedFolder(store, id);
  const [config, weights] = [folder.get("adapter_config.json"), folder.get("adapter_model.safetensors")];
  if (config === undefined || weights === undefined) throw new AdapterFilesError(name, "some of its files are missing");
  await loadRe2();
  return readAdapter({ config: new TextDecoder().decode(config), weights, name });
}
