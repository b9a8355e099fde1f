// Hashes every byte of the base's weights, for `verifyBase`: an adapter's fingerprint of the base only samples them, so a bit
// could change unnoticed.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ModelFolder } from "@lowrank/models";
import { openFolderWeights } from "@lowrank/safetensors";
import { named } from "../../errors/named-option.ts";
import { PathNotFoundError } from "../../errors/usage-errors.ts";
import type { OpenedBase } from "../../open/open-base.ts";

/** A weights file: its hash, and the facts that show whether it was changed since. */
export interface HashedFile {
  readonly sha256: string;
  readonly bytes: number;
  /** Time of the last modification, in ISO 8601. */
  readonly modified: string;
}

export interface KnownHashes {
  /** By file name, from an earlier run. */
  readonly recorded: ReadonlyMap<string, HashedFile>;
  /** Whether to read files with unchanged size and time, too. */
  readonly isAnew: boolean;
}

/** The base's weights files by name; unchanged files keep their facts. Throws PathNotFoundError for a base that is not on disk. */
export async function hashBase(
  { path, folder }: Pick<OpenedBase, "path" | "folder">,
  { recorded, isAnew }: KnownHashes,
): Promise<ReadonlyMap<string, HashedFile>> {
  const files = new Map<string, HashedFile>();
  for (const name of folder === undefined ? [basename(path)] : await weightFiles(folder)) {
    const file = folder === undefined ? path : join(path, name);
    const { size: bytes, mtime } = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      throw new PathNotFoundError(named("verifyBase"), file, "the base's weights on disk");
    });
    const modified = mtime.toISOString();
    const earlier = recorded.get(name);
    const isUntouched = earlier?.bytes === bytes && earlier.modified === modified;
    const sha256 = earlier !== undefined && isUntouched && !isAnew ? earlier.sha256 : await sha256Of(file);
    files.set(name, earlier?.sha256 === sha256 ? earlier : { sha256, bytes, modified });
  }
  return files;
}

async function weightFiles(folder: ModelFolder): Promise<readonly string[]> {
  const weights = await openFolderWeights(folder);
  await weights?.collection.close();
  return weights?.files ?? [];
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(piece);
  return hash.digest("hex");
}
