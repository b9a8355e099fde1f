// Adapters from elsewhere: looked at and tried on the open model first, and kept only if they fit.

import { joinPieces } from "@lowrank/safetensors";
import { unzipSync } from "fflate";
import type { CallHandler } from "../call-handler.ts";
import { attachFolder, detach } from "./attached.ts";
import { AdapterFilesError, AdapterRepositoryError } from "./errors.ts";
import { keepAdapter } from "./keep-adapter.ts";
import type { AdapterFolder } from "./shelf-folder.ts";

/** Larger zips are not opened. */
const maxZipBytes = 700_000_000;

/** Throws AdapterFilesError, AdapterRepositoryError, QuotaError, and the errors of attaching: a wrong base, broken tensors. */
export const addAdapter: CallHandler<"addAdapter"> = async (state, request) => {
  const { name, folder } = await ("repository" in request ? fromHub(request.repository) : fromFiles(request.files));
  checkWhole(name, folder);
  const id = crypto.randomUUID();
  await attachFolder(state, { id, name, folder });
  try {
    return await keepAdapter(state, folder, { id, name, origin: "dropped" });
  } catch (error) {
    detach(state, id);
    throw error;
  }
};

interface NamedFolder {
  readonly name: string;
  readonly folder: AdapterFolder;
}

async function fromHub(entered: string): Promise<NamedFolder> {
  const repository = repositoryIn(entered);
  return { name: repository.split("/")[1] ?? repository, folder: await fetchAdapter(repository) };
}

async function fromFiles(files: readonly File[]): Promise<NamedFolder> {
  const zip = files.find(({ name }) => name.toLowerCase().endsWith(".zip"));
  if (zip !== undefined) {
    if (zip.size > maxZipBytes)
      throw new AdapterFilesError(zip.name, `it has ${zip.size} bytes, which is too large for an adapter`);
    const folder = readZip(zip.name, new Uint8Array(await zip.arrayBuffer()));
    return { name: zip.name.slice(0, -".zip".length), folder };
  }
  const known = files.filter(({ name }) => maxBytes.has(name));
  const fileNames = files.length === 1 ? (files[0]?.name ?? "") : `The ${files.length} files`;
  for (const { name, size } of known) checkSize(fileNames, name, size);
  const read = known.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())] as const);
  const folder = new Map(await Promise.all(read));
  checkWhole(fileNames, folder);
  return { name: folderNameOf(known), folder };
}

/** Files that were dropped with their folder have its name. */
function folderNameOf([first]: readonly File[]): string {
  return first?.webkitRelativePath?.split("/").at(-2) ?? "Adapter"; // only browsers set it
}

const named = /^[\w][\w.-]*\/[\w][\w.-]*$/;
const address = /^https:\/\/(?:www\.)?huggingface\.co\//;

/** "owner/name", of a name or of a page's address. Throws AdapterRepositoryError. */
export function repositoryIn(entered: string): string {
  const path = entered.trim().replace(address, "").split(/[?#]/)[0] ?? "";
  const name = path.split("/").slice(0, 2).join("/");
  if (!named.test(name)) throw new AdapterRepositoryError(entered, "that is no name of a repository");
  return name;
}

/** The adapter's files. Throws AdapterRepositoryError, AdapterFilesError for one that is too large. */
async function fetchAdapter(repository: string): Promise<AdapterFolder> {
  const found = await Promise.all([...maxBytes.keys()].map((file) => fetchFile(repository, file)));
  return new Map([...maxBytes.keys()].flatMap((file, index) => (found[index] ? [[file, found[index]] as const] : [])));
}

/** Undefined if the repository lacks a file that an adapter can do without. */
async function fetchFile(repository: string, file: string): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(`https://huggingface.co/${repository}/resolve/main/${file}`);
    if (response.ok) return await bytesOf(response, repository, file);
    const isNeeded = needed.some((name) => name === file);
    if (isNeeded)
      throw new AdapterRepositoryError(repository, `the server did not send ${file} (HTTP ${response.status})`);
    await response.body?.cancel();
    return undefined;
  } catch (cause) {
    if (cause instanceof AdapterRepositoryError || cause instanceof AdapterFilesError) throw cause;
    throw new AdapterRepositoryError(repository, "the request failed; check the network", { cause });
  }
}

async function bytesOf(response: Response, repository: string, file: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    size += piece.value.length;
    pieces.push(piece.value);
    if (size <= (maxBytes.get(file) ?? 0)) continue;
    await reader?.cancel();
    checkSize(repository, file, size);
  }
  return joinPieces(pieces);
}

// An adapter from a zip file. Only an adapter's files are unpacked, from any folder in it, and none beyond its size limit:
// an archive from outside may claim anything.

/** Archives with more are something else. */
const maxEntries = 2000;

/** The adapter's files by their names alone. Throws AdapterFilesError. */
function readZip(fileNames: string, archive: Uint8Array): AdapterFolder {
  const folder = new Map<string, Uint8Array>();
  let entries = 0;
  const unpacked = unpack(fileNames, archive, ({ name, originalSize }) => {
    entries += 1;
    if (entries > maxEntries) throw new AdapterFilesError(fileNames, `it has more than ${maxEntries} files`);
    const file = nameOf(name);
    if (!maxBytes.has(file)) return false;
    checkSize(fileNames, file, originalSize); // no more than this is unpacked, whatever follows
    return true;
  });
  for (const [path, bytes] of Object.entries(unpacked)) {
    const file = nameOf(path);
    if (folder.has(file)) throw new AdapterFilesError(fileNames, `it has ${file} twice; add one adapter at a time`);
    folder.set(file, bytes);
  }
  return folder;
}

function unpack(
  fileNames: string,
  archive: Uint8Array,
  filter: (entry: { readonly name: string; readonly originalSize: number }) => boolean,
): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(archive, { filter });
  } catch (cause) {
    if (cause instanceof AdapterFilesError) throw cause;
    throw new AdapterFilesError(fileNames, "it is not a zip file, or it is damaged", { cause });
  }
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? "";
}

const megabyte = 1_000_000;

/** Most bytes of each file that is taken over; others are not looked at. */
const maxBytes: ReadonlyMap<string, number> = new Map([
  ["adapter_config.json", 4 * megabyte],
  ["adapter_model.safetensors", 600 * megabyte],
  ["README.md", megabyte],
  ["tokenizer.json", 64 * megabyte],
  ["tokenizer_config.json", 4 * megabyte],
  ["special_tokens_map.json", megabyte],
  ["added_tokens.json", megabyte],
  ["chat_template.jinja", megabyte],
]);

const needed = ["adapter_config.json", "adapter_model.safetensors"] as const;

/** Throws AdapterFilesError for a file that is larger than its kind may be. */
function checkSize(fileNames: string, file: string, bytes: number): void {
  const max = maxBytes.get(file) ?? 0;
  if (bytes > max) throw new AdapterFilesError(fileNames, `${file} has ${bytes} bytes; the maximum is ${max}`);
}

/** Throws AdapterFilesError if one of the needed files is missing. */
function checkWhole(fileNames: string, folder: AdapterFolder): void {
  const missing = needed.filter((file) => !folder.has(file));
  if (missing.length > 0) throw new AdapterFilesError(fileNames, `there is no ${missing.join(" and no ")}`);
}
