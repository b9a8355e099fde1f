// Fetches a large file into a kept one, from where the last try ended.

import { DownloadError } from "./errors.ts";
import type { KeptFile } from "./kept-file.ts";

/** A file of which everything is known but its bytes. */
export interface KnownFile {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Pieces of the network are gathered to such before they are written. */
const pieceBytes = 1 << 20;

/**
 * The whole file, checked once by its digest. What came before a failure stays for the next try; a file that is not the one
 * that was meant does not.
 *
 * @throws DownloadError
 */
export async function download(
  { url, bytes, sha256 }: KnownFile,
  kept: KeptFile,
  tell: (done: number, total: number) => void,
): Promise<Blob> {
  if (kept.isWhole && kept.size === bytes) return kept.blob();
  if (kept.size > bytes) await kept.clear();
  if (kept.size < bytes) await fetchRest(url, kept, (done) => tell(done, bytes));
  const blob = await kept.blob();
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  const got = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (got !== sha256) {
    await kept.clear();
    throw new DownloadError(url, { reason: "other-file", got: `${blob.size} bytes with another digest` });
  }
  await kept.finish();
  return blob;
}

async function fetchRest(url: string, kept: KeptFile, tell: (done: number) => void): Promise<void> {
  try {
    const headers: HeadersInit = kept.size > 0 ? { Range: `bytes=${kept.size}-` } : {};
    const response = await fetch(url, { headers });
    if (!response.ok) throw new DownloadError(url, { reason: "status", status: response.status });
    if (kept.size > 0 && response.status !== 206) await kept.clear(); // a server without ranges sends all of it
    const reader = response.body?.getReader();
    let gathered: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    const write = async () => {
      if (length === 0) return;
      await kept.append(new Uint8Array(await new Blob(gathered).arrayBuffer()));
      gathered = [];
      length = 0;
    };
    try {
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
        gathered.push(piece.value);
        length += piece.value.length;
        tell(kept.size + length);
        if (length >= pieceBytes) await write();
      }
    } finally {
      await write();
    }
  } catch (cause) {
    // What a disk throws is a DOMException, what a network throws is not.
    if (cause instanceof DownloadError || cause instanceof DOMException) throw cause;
    throw new DownloadError(url, { reason: "no-network" }, { cause });
  }
}
