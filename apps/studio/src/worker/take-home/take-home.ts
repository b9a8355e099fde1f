// A zip of an adapter, its GGUF file, or a zip of the model with the adapter folded in.

import type { TakeHomeFile, TakeHomeProgress } from "../../protocol/calls.ts";
import type { ShelfEntry } from "../../protocol/shelf.ts";
import { readme } from "../../snippets/readme.ts";
import { folderName } from "../../snippets/snippets.ts";
import type { CallHandler } from "../call-handler.ts";
import { attached } from "../shelf/attached.ts";
import { storedEntry, storedFolder } from "../shelf/shelf-folder.ts";
import type { WorkerState } from "../worker-state.ts";
import { scratchFile } from "./scratch-file.ts";
import { zipFolder } from "./zip-folder.ts";

/**
 * Throws NotOnShelfError; for a merged model also what attaching, merging and verifying do, and ZipTooLargeError; for a GGUF file
 * INEXPRESSIBLE_ADAPTER.
 */
export const takeHome: CallHandler<"takeHome"> = async (state, { id, form }, onProgress) => {
  const entry = await storedEntry(state.store, id);
  if (form === "gguf") return adapterGguf(state, entry);
  return form === "peft" ? adapterZip(state, entry) : mergedZip(state, entry, onProgress);
};

/** For an adapter whose base is open: its layout of heads decides the order of rows. */
async function adapterGguf(state: WorkerState, { id, name }: ShelfEntry): Promise<TakeHomeFile> {
  const bytes = await (await attached(state, id)).gguf({ name });
  return { name: `${folderName(name)}.gguf`, blob: new Blob([bytes as Uint8Array<ArrayBuffer>]) };
}

async function adapterZip({ store, base }: WorkerState, entry: ShelfEntry): Promise<TakeHomeFile> {
  const folder = folderName(entry.name);
  const files = new Map(await storedFolder(store, entry.id));
  const card = new TextDecoder().decode(files.get("README.md"));
  if (isOurs(card))
    files.set("README.md", bytesOf(readme("peft", { ...entry, folder, studio: studioAt(base) }, trainingIn(card))));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const target = { write: (bytes: Uint8Array) => void parts.push(bytes as Uint8Array<ArrayBuffer>) };
  const zip = zipFolder(target, () => {});
  for (const [name, bytes] of files) await writeFile(zip, name, bytes);
  zip.close();
  return { name: `${folder}.zip`, blob: new Blob(parts, { type: "application/zip" }) };
}

/** Merges, compares logits, writes each tensor to the browser's disk as it is made, and undoes the merge. */
async function mergedZip(
  state: WorkerState,
  entry: ShelfEntry,
  onProgress: (progress: TakeHomeProgress) => void,
): Promise<TakeHomeFile> {
  const adapter = await attached(state, entry.id);
  const { opened, facts } = state.loaded;
  const folder = `${folderName(entry.name)}-merged`;
  const totalBytes = 4 * facts.parameters;
  const target = await scratchFile();
  try {
    onProgress({ doneBytes: 0, totalBytes });
    const zip = zipFolder(target, (doneBytes) =>
      onProgress({ doneBytes, totalBytes: Math.max(doneBytes, totalBytes) }),
    );
    await opened.merge(adapter).save(zip);
    await writeFile(zip, "README.md", bytesOf(readme("merged", { ...entry, folder, studio: studioAt(state.base) })));
    zip.close();
    return { name: `${folder}.zip`, blob: await target.finish() };
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function writeFile(zip: ReturnType<typeof zipFolder>, name: string, bytes: Uint8Array): Promise<void> {
  const stream = await (await zip.getFileHandle(name, { create: true })).createWritable();
  await stream.write(bytes);
  await stream.close();
}

/** The page's address. */
function studioAt(base = new URL("https://lowrank.github.io/lowrank/studio/")): URL {
  return base;
}

/** Whether the library wrote the model card; a card that a person wrote is kept. */
function isOurs(card: string): boolean {
  return card === "" || card.includes("\n# LoRA adapter\n");
}

function trainingIn(card: string): string {
  const start = card.indexOf("\n## Training\n");
  return start === -1 ? "" : card.slice(start + 1);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
