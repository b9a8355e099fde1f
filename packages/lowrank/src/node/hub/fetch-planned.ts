// What a plan chooses of a repository, on this disk: from the cache as far as it is whole there, else from the Hub.

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
  noteWhole,
  rememberCommit,
  repositoryFolder,
} from "./hub-cache.ts";
import { commitOf, type HubListing, type HubRequest, listRepository } from "./list-repository.ts";

/** Chooses from the paths of files – of folders with "/" at the end – those to fetch; throws a HubError where needed ones are absent. */
export type FetchPlan = (paths: readonly string[]) => readonly string[];

export interface Fetched {
  /** The folder of a commit in the cache. */
  readonly snapshot: string;
  /** In that folder, as the plan chose them. */
  readonly paths: readonly string[];
}

/** What is fetched: from a folder, with `isDeep` and the folders in it. */
export interface FetchRequest extends HubRequest {
  readonly folder: string;
  readonly isDeep: boolean;
}

/** Fetches what the cache lacks or has damaged; without the Hub, plans with the cache alone. Throws HubError, HubFileError. */
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
      // A plan may know what is in a folder that was not listed.
      const lists = listing.has(path) ? listing : await listRepository(request, { commit, ...parentOf(path) }, access);
      const file = lists.get(path);
      if (file?.size === undefined) throw new HubError(request.given, `the repository has no ${path}.`);
      const { size, hash } = file;
      await provide({ ...request, commit, file: { path, size, hash } }, { folder, context });
    }
    await rememberCommit(folder, request.revision, commit);
  } catch (error) {
    throw LowrankError.isInstance(error) ? error : new HubError(request.given, reasonOf(error), { cause: error });
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
  const { given, repository, commit, file } = source;
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
      throw new HubFileError(given, file.path, { found: `${bavail * bsize} free bytes`, expected, advice });
    }
    // Under a name of its own until all of it is here and right: two downloads of one file do not meet.
    await writeFileAtomic(blob, downloadFile(source, context.access), { overwrite: true });
    await noteWhole(blob, file.hash, { folder });
  }
  await linkBlob(blob, path);
}

/** What an earlier download (ours or Python's) of the same revision left. */
async function planCached(
  request: FetchRequest,
  plan: FetchPlan,
  { folder, error, context }: { readonly folder: string; readonly error: unknown; readonly context: HubContext },
): Promise<Fetched> {
  const { given, revision } = request;
  const snapshot = join(folder, "snapshots", (await cachedCommit(folder, revision)) ?? "none");
  let listing: HubListing;
  let paths: readonly string[];
  try {
    listing = await listSnapshot(snapshot);
    paths = plan([...listing.keys()]);
  } catch {
    throw new HubError(given, reasonOf(error), { cause: error });
  }
  for (const path of paths) {
    const file = listing.get(path);
    const place = join(snapshot, path);
    if (file === undefined ? await exists(place) : await isWhole(place, file, { folder })) continue;
    const found = `${file === undefined ? "no" : "a damaged"} file in the cache`;
    const advice = `It cannot be downloaded again now: ${reasonOf(error)}.`;
    throw new HubFileError(given, path, {
      found,
      expected: `the file with the hash ${file?.hash ?? "of the Hub"}`,
      advice,
    });
  }
  const message = `The Hub cannot be reached (${reasonOf(error)}); using ${snapshot}.`;
  if (!isHubOffline()) context.notices.warn({ code: "HUB_OFFLINE", message });
  return { snapshot, paths };
}
