// Adapters from elsewhere: looked at and tried on the open model first, and kept only if they fit.

import { joinPieces } from "@lowrank/safetensors";
import type { CallHandler } from "../call-handler.ts";
import { attachFolder, detach } from "./attached.ts";
import { AdapterFilesError, AdapterRepositoryError } from "./errors.ts";
import { keepAdapter } from "./keep-adapter.ts";
import { checkSize, checkWhole, maxBytes, needed, readZip } from "./read-zip.ts";
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
