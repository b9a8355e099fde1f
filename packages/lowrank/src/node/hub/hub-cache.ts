// The cache, shared with Python's huggingface_hub: blobs/ has files by hash, snapshots/ has a folder of links for
// each commit, refs/ has the commit of each branch. Each file is hashed once, and recorded in a folder that Python ignores.

import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { temporaryPath } from "@lowrank/safetensors/internal/node";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { contentHash } from "./download-file.ts";
import { type HubAccess, hubCache } from "./hub-access.ts";
import type { HubFile, HubListing, HubRequest } from "./list-repository.ts";

const noteFolder = ".lowrank-verified";
const isHash = (name: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);

export function repositoryFolder({ type, repository }: Pick<HubRequest, "type" | "repository">, access: HubAccess) {
  return join(hubCache(access), `${type}s--${repository.replaceAll("/", "--")}`);
}

/** The last known commit of a branch or a tag; undefined if unknown. */
export async function cachedCommit(folder: string, revision: string): Promise<string | undefined> {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  const commit = (await readFile(join(folder, "refs", revision), "utf8").catch(() => "")).trim();
  return /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** As in huggingface_hub; it makes the snapshot available without a network. */
export async function rememberCommit(folder: string, revision: string, commit: string): Promise<void> {
  if ((await cachedCommit(folder, revision)) === commit) return;
  await writeFileAtomic(join(folder, "refs", revision), commit, { overwrite: true });
}

/** The files of a snapshot. A file that is not a link, as on Windows, has no known hash. */
export async function listSnapshot(snapshot: string): Promise<HubListing> {
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  const listed = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    const path = relative(snapshot, file).replaceAll("\\", "/");
    const hash = basename(await readlink(file).catch(() => ""));
    return [path, isHash(hash) ? { path, size: undefined, hash } : undefined] as const;
  });
  return new Map(await Promise.all(listed));
}

/** Whether a file has its size and hash. It is only read if it is new or changed, or with `isAnew`. */
export async function isWhole(
  path: string,
  { hash, size }: Pick<HubFile, "hash" | "size">,
  { folder, isAnew = false }: { readonly folder: string; readonly isAnew?: boolean },
): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isFile() || (size !== undefined && entry.size !== size)) return false;
  const note = join(folder, noteFolder, hash);
  const facts = `${entry.size} ${entry.mtimeMs}`;
  if (!isAnew && (await readFile(note, "utf8").catch(() => "")) === facts) return true;
  const found = contentHash(hash, entry.size);
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) found.update(piece);
  const isRight = found.digest("hex") === hash;
  // A read-only cache is verified again each time.
  await (isRight ? writeNote(note, facts) : rm(note, { force: true })).catch(() => undefined);
  return isRight;
}

export async function noteVerified(blob: string, hash: string, { folder }: { readonly folder: string }): Promise<void> {
  const { size, mtimeMs } = await stat(blob);
  await writeNote(join(folder, noteFolder, hash), `${size} ${mtimeMs}`).catch(() => undefined);
}

/** Links a file of a snapshot to its blob, or copies it if the system has no links. */
export async function linkBlob(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = await temporaryPath(path, "unfinished");
  await symlink(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary));
  await rename(temporary, path);
}

/** Damaged files of the whole cache, and the number of all files. */
export async function verifyCache(access: HubAccess): Promise<{ readonly files: number; readonly damaged: string[] }> {
  const cache = hubCache(access);
  const damaged: string[] = [];
  let files = 0;
  for (const repository of await readdir(cache).catch(() => [])) {
    const folder = join(cache, repository);
    const names = await readdir(join(folder, "blobs")).catch(() => []);
    for (const hash of names.filter(isHash)) {
      const blob = join(folder, "blobs", hash);
      files += 1;
      if (!(await isWhole(blob, { hash, size: undefined }, { folder, isAnew: true }))) damaged.push(blob);
    }
  }
  return { files, damaged };
}

async function writeNote(note: string, facts: string): Promise<void> {
  await mkdir(dirname(note), { recursive: true });
  await writeFile(note, facts);
}
