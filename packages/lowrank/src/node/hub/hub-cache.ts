// The cache that Python's huggingface_hub uses as well: blobs/ has files by their hash, snapshots/ has a folder of links to them for
// each commit, refs/ says which commit a branch is. Each file is hashed once, and noted in a folder that Python passes over.

import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { temporaryPath, writeFileAtomic } from "@lowrank/safetensors/node";
import { contentHash } from "./download-file.ts";
import { type HubAccess, hubCache } from "./hub-access.ts";
import type { HubFile, HubListing, HubRequest } from "./list-repository.ts";

const noteFolder = ".lowrank-verified";
const isHash = (name: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);

export function repositoryFolder({ type, repository }: Pick<HubRequest, "type" | "repository">, access: HubAccess) {
  return join(hubCache(access), `${type}s--${repository.replaceAll("/", "--")}`);
}

/** The commit that a branch or a tag was when it was asked for last; undefined where nobody asked. */
export async function cachedCommit(folder: string, revision: string): Promise<string | undefined> {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  const commit = (await readFile(join(folder, "refs", revision), "utf8").catch(() => "")).trim();
  return /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** As huggingface_hub does; it is what makes the snapshot findable without a network. */
export async function rememberCommit(folder: string, revision: string, commit: string): Promise<void> {
  if ((await cachedCommit(folder, revision)) === commit) return;
  await writeFileAtomic(join(folder, "refs", revision), commit, { overwrite: true });
}

/** What a snapshot has. A file that is no link, as on Windows, does not say what it should be. */
export async function listSnapshot(snapshot: string): Promise<HubListing> {
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  const listed = files.map(async ({ parentPath, name }) => {
    const place = join(parentPath, name);
    const path = relative(snapshot, place).replaceAll("\\", "/");
    const hash = basename(await readlink(place).catch(() => ""));
    return [path, isHash(hash) ? { path, size: undefined, hash } : undefined] as const;
  });
  return new Map(await Promise.all(listed));
}

/** Whether a file has its size and hash: it is read where it was not before, was written to since, or `isAnew`. */
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
  // A cache that nobody may write to is read again each time.
  await (isRight ? writeNote(note, facts) : rm(note, { force: true })).catch(() => undefined);
  return isRight;
}

export async function noteWhole(blob: string, hash: string, { folder }: { readonly folder: string }): Promise<void> {
  const { size, mtimeMs } = await stat(blob);
  await writeNote(join(folder, noteFolder, hash), `${size} ${mtimeMs}`).catch(() => undefined);
}

/** Makes a file of a snapshot a link to its blob, or, where the system has no links, a copy. */
export async function linkBlob(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = await temporaryPath(path, "unfinished");
  await symlink(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary));
  await rename(temporary, path);
}

/** The files of the whole cache that are not what their names say, of how many. */
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
