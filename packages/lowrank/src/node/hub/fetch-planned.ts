// Provides the files of a repository that a plan selects: from the cache if they are intact, else from the Hub.

import { mkdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { writeFileAtomic } from "@lowrank/safetensors/node";
import { HubError, HubFileError } from "../../errors/model-errors.ts";
import { exists } from "../exists.ts";
import { downloadFile, type HubSource } from "./download-file.ts";
import { type HubContext, isHubOffline, reasonOf } from "./hub-access.ts";
import {
  cachedCommit,
  isWhole,
  linkBlob,
  listSnapshot,
  noteVerified,
  rememberCommit,
  repositoryFolder,
} from "./hub-cache.ts";
import { commitOf, type HubListing, type HubRequest, listRepository } from "./list-repository.ts";

/** Selects files from the paths (folders end with "/"); throws a HubError if necessary files are absent. */
export type FetchPlan = (paths: readonly string[]) => readonly string[];

export interface Fetched {
  /** The folder of a commit in the cache. */
  readonly snapshot: string;
  /** Paths in that folder that the plan selected. */
  readonly paths: readonly string[];
}

/** The folder to list, with `isDeep` including its subfolders. */
export interface FetchRequest extends HubRequest {
  readonly folder: string;
  readonly isDeep: boolean;
}

/** Fetches missing and damaged files; without the Hub, plans with the cache alone. Throws HubError, HubFileError. */
export async function fetchPlanned(request: FetchRequest, plan: FetchPlan, context: HubContext): Promise<Fetched> {
  const { access } = context;
  const folder = repositoryFolder(request, access);
  let commit: string;
  let listing: HubListing;
  try {
    if (isHubOffline()) throw new Error("HF_HUB_OFFLINE is set");
    commit = await commitOf(request, access);
    listing = await listRepository(request, { ...request, commit }, access);
  } catch (error) {
    return planCached(request, plan, { folder, error, context });
  }
  const paths = plan([...listing.keys()]);
  try {
    for (const path of paths) {
      // A plan may select files in folders that were not listed.
      const lists = listing.has(path) ? listing : await listRepository(request, { commit, ...parentOf(path) }, access);
      const file = lists.get(path);
      if (file?.size === undefined) throw new HubError(request.input, `the repository has no ${path}.`);
      const { size, hash } = file;
      await provide({ ...request, commit, file: { path, size, hash } }, { folder, context });
    }
    await rememberCommit(folder, request.revision, commit);
  } catch (error) {
    throw LowrankError.isInstance(error) ? error : new HubError(request.input, reasonOf(error), { cause: error });
  }
  return { snapshot: join(folder, "snapshots", commit), paths };
}

function parentOf(path: string) {
  const parent = dirname(path);
  return { folder: parent === "." ? "" : parent, isDeep: false };
}

async function provide(
  source: HubSource,
  { folder, context }: { readonly folder: string; readonly context: HubContext },
): Promise<void> {
  const { input, repository, commit, file } = source;
  const path = join(folder, "snapshots", commit, file.path);
  if (await isWhole(path, file, { folder })) return;
  const blob = join(folder, "blobs", file.hash);
  if (!(await isWhole(blob, file, { folder }))) {
    context.notices.note?.(`fetching ${repository}/${file.path}`);
    await mkdir(dirname(blob), { recursive: true });
    const { bavail, bsize } = await statfs(dirname(blob));
    if (file.size > bavail * bsize) {
      const expected = `${file.size} free bytes in ${dirname(blob)}`;
      const advice = "Free some space, or set HF_HUB_CACHE to a folder on another disk.";
      throw new HubFileError(input, file.path, { found: `${bavail * bsize} free bytes`, expected, advice });
    }
    // Written under a temporary name until it is complete and verified, so that two downloads do not collide.
    await writeFileAtomic(blob, downloadFile(source, context.access), { overwrite: true });
    await noteVerified(blob, file.hash, { folder });
  }
  await linkBlob(blob, path);
}

/** The files of an earlier download of the same revision, by lowrank or Python. */
async function planCached(
  request: FetchRequest,
  plan: FetchPlan,
  { folder, error, context }: { readonly folder: string; readonly error: unknown; readonly context: HubContext },
): Promise<Fetched> {
  const { input, revision } = request;
  const snapshot = join(folder, "snapshots", (await cachedCommit(folder, revision)) ?? "none");
  let listing: HubListing;
  let paths: readonly string[];
  try {
    listing = await listSnapshot(snapshot);
    paths = plan([...listing.keys()]);
  } catch {
    throw new HubError(input, reasonOf(error), { cause: error });
  }
  for (const path of paths) {
    const file = listing.get(path);
    const target = join(snapshot, path);
    if (file === undefined ? await exists(target) : await isWhole(target, file, { folder })) continue;
    const found = `${file === undefined ? "no" : "a damaged"} file in the cache`;
    const advice = `It cannot be downloaded again now: ${reasonOf(error)}.`;
    throw new HubFileError(input, path, {
      found,
      expected: `the file with the hash ${file?.hash ?? "of the Hub"}`,
      advice,
    });
  }
  const message = `The Hub cannot be reached (${reasonOf(error)}); using ${snapshot}.`;
  if (!isHubOffline()) context.notices.warn({ code: "HUB_OFFLINE", message });
  return { snapshot, paths };
}
