// Many pieces of memory into one file by a few system calls.

import { open } from "node:fs/promises";
import { largestTransfer } from "./file-system.ts";

/** Pieces of one call; every system takes so many. */
const piecesOfCall = 512;

/** Makes a file of these bytes, one piece after another. Fails if the path exists. Nothing is synced. */
export async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, "wx");
  try {
    let left = pieces.filter(({ length }) => length > 0);
    while (left.length > 0) {
      const { bytesWritten } = await file.writev(atOnce(left));
      if (bytesWritten === 0) throw new Error("The system wrote no bytes and gave no reason.");
      left = without(left, bytesWritten);
    }
  } finally {
    await file.close();
  }
}

/** The first pieces, as many as one call can write; the last of them may be cut. */
export function atOnce(pieces: readonly Uint8Array[], mostBytes = largestTransfer): Uint8Array[] {
  const batch: Uint8Array[] = [];
  let room = mostBytes;
  for (const piece of pieces.slice(0, piecesOfCall)) {
    if (room === 0) break;
    const part = piece.subarray(0, room);
    batch.push(part);
    room -= part.length;
  }
  return batch;
}

/** What is left after the first bytes: a system may write fewer than it was asked to. */
function without(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let written = bytes;
  const first = pieces.findIndex(({ length }) => {
    if (written < length) return true;
    written -= length;
    return false;
  });
  if (first < 0) return [];
  return pieces.slice(first).map((piece, index) => (index === 0 ? piece.subarray(written) : piece));
}
