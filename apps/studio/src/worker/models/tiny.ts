// Downloads the tiny model from the page's own server. Its files are loaded in parallel, to save round trips.

import { filesFolder, type ModelFolder } from "@lowrank/models";
import type { LoadingProgress } from "../../protocol/model.ts";
import { DownloadError } from "./errors.ts";

const files = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

/** The download of the tiny model. */
export interface TinyFiles {
  /** Rejects with a DownloadError that names the file. */
  readonly folder: Promise<ModelFolder>;
  /** Called whenever bytes arrive, with the bytes so far and the total that is known. */
  onProgress: ((progress: LoadingProgress) => void) | undefined;
}

/** Requests all files at once. Throws nothing until the folder is awaited. */
export function fetchTiny(address: URL): TinyFiles {
  let done = 0;
  let total = 0;
  const tiny: TinyFiles = { folder: all(), onProgress: undefined };
  tiny.folder.catch(() => undefined);
  return tiny;

  async function all(): Promise<ModelFolder> {
    const read = await Promise.all(files.map(async (name) => [name, await fetchOne(new URL(name, address))] as const));
    return filesFolder("the tiny model", new Map(read));
  }

  async function fetchOne(file: URL): Promise<Uint8Array> {
    const response = await fetch(file).catch((cause: unknown) => offline(file, cause));
    if (!response.ok) throw new DownloadError(file.href, { reason: "status", status: response.status });
    total += Number(response.headers.get("Content-Length") ?? 0);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const reader = response.body?.getReader();
    const read = () => reader?.read().catch((cause: unknown) => offline(file, cause));
    for (let piece = await read(); piece?.done === false; piece = await read()) {
      parts.push(piece.value);
      done += piece.value.length;
      tiny.onProgress?.({ stage: "download", done, total: Math.max(done, total) });
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }
}

function offline(file: URL, cause: unknown): never {
  throw new DownloadError(file.href, { reason: "no-network" }, { cause });
}
