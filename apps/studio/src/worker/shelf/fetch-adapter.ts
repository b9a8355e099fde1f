// An adapter from the Hugging Face Hub.

import { joinPieces } from "@lowrank/safetensors";
import { AdapterFilesError, AdapterRepositoryError } from "./errors.ts";
import { checkSize, mostBytes, needed } from "./known-files.ts";
import type { AdapterFolder } from "./shelf-folder.ts";

const named = /^[\w][\w.-]*\/[\w][\w.-]*$/;
const address = /^https:\/\/(?:www\.)?huggingface\.co\//;

/** "owner/name", of a name or of a page's address. Throws AdapterRepositoryError. */
export function repositoryIn(given: string): string {
  const path = given.trim().replace(address, "").split(/[?#]/)[0] ?? "";
  const name = path.split("/").slice(0, 2).join("/");
  if (!named.test(name)) throw new AdapterRepositoryError(given, "that is no name of a repository");
  return name;
}

/** The adapter's files. Throws AdapterRepositoryError, AdapterFilesError for one that is too large. */
export async function fetchAdapter(repository: string): Promise<AdapterFolder> {
  const found = await Promise.all([...mostBytes.keys()].map((file) => fetchFile(repository, file)));
  return new Map([...mostBytes.keys()].flatMap((file, index) => (found[index] ? [[file, found[index]] as const] : [])));
}

/** Undefined where the repository lacks a file that an adapter can do without. */
async function fetchFile(repository: string, file: string): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(`https://huggingface.co/${repository}/resolve/main/${file}`);
    if (response.ok) return await bytesOf(response, repository, file);
    const isNeeded = needed.some((name) => name === file);
    if (isNeeded) throw new AdapterRepositoryError(repository, `it gives no ${file} (HTTP ${response.status})`);
    await response.body?.cancel();
    return undefined;
  } catch (cause) {
    if (cause instanceof AdapterRepositoryError || cause instanceof AdapterFilesError) throw cause;
    throw new AdapterRepositoryError(repository, "the request failed; is there a network?", { cause });
  }
}

async function bytesOf(response: Response, repository: string, file: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    size += piece.value.length;
    pieces.push(piece.value);
    if (size <= (mostBytes.get(file) ?? 0)) continue;
    await reader?.cancel();
    checkSize(repository, file, size);
  }
  return joinPieces(pieces);
}
