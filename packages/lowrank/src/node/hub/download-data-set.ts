// A data set's name on the Hub: downloads the Parquet files of a split into the cache that Python uses as well.

import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { HubError } from "../../errors/model-errors.ts";
import type { Notices } from "../../notices.ts";
import { type HubName, parseHubName } from "../../open/hub-name.ts";
import { cachedSnapshot, type HubAccess, importHub, quietly, reasonOf, rememberCommit } from "./hub-library.ts";
import { convertedBranch, planDataSet } from "./plan-data-set.ts";

/**
 * The paths of a split's files on this disk, in order: of the branch that the Hub makes, or of the revision that is named. Throws
 * a HubError.
 */
export async function downloadDataSet(
  given: string,
  { notices, access }: { readonly notices: Notices; readonly access: HubAccess },
): Promise<readonly string[]> {
  const name = parseHubName(given);
  if (name === undefined) throw new HubError(given, "it is no name of a data set.");
  const { repository, folder: inside } = name;
  const revision = revisionOf(given, name);
  const hub = await importHub(given);
  const cacheDir = access.cacheDir ?? hub.getHFHubCachePath();
  const kept = join(cacheDir, hub.getRepoFolderName({ type: "dataset", name: repository }));
  const repo = { type: "dataset", name: repository } as const;
  try {
    const { sha } = await hub.datasetInfo({ name: repository, revision, additionalFields: ["sha"], ...access });
    const paths: string[] = [];
    for await (const { path } of hub.listFiles({ repo, revision: sha, recursive: true, ...access })) paths.push(path);
    const planned = planDataSet({ given, inside }, paths);
    for (const path of planned) {
      notices.note?.(`fetching ${repository}/${path}`);
      await quietly(() => hub.downloadFileToCacheDir({ repo, path, revision: sha, ...access, cacheDir }));
    }
    await rememberCommit(kept, revision, sha);
    return planned.map((path) => join(kept, "snapshots", sha, path));
  } catch (error) {
    if (error instanceof HubError) throw error;
    const cached = await cachedFiles(kept, { given, inside, revision });
    if (cached.length === 0) throw new HubError(given, reasonOf(error), { cause: error });
    notices.warn({ code: "HUB_OFFLINE", message: `The Hub cannot be reached (${reasonOf(error)}); using the cache.` });
    return cached;
  }
}

/** The name of a downloaded data set with the commit that it was; as it is where nothing is kept of it. */
export async function pinnedDataSet(given: string): Promise<string> {
  const name = parseHubName(given);
  if (name === undefined) return given;
  const hub = await importHub(given);
  const kept = join(hub.getHFHubCachePath(), hub.getRepoFolderName({ type: "dataset", name: name.repository }));
  const snapshot = await cachedSnapshot(kept, revisionOf(given, name)).catch(() => undefined);
  return snapshot === undefined ? given : `${given.split("@", 1)[0]}@${basename(snapshot)}`;
}

function revisionOf(given: string, { revision }: Pick<HubName, "revision">): string {
  return given.includes("@") ? revision : convertedBranch;
}

/** What an earlier download left; none where it did not have this split. */
async function cachedFiles(
  kept: string,
  { revision, ...place }: { readonly given: string; readonly inside: string; readonly revision: string },
): Promise<readonly string[]> {
  try {
    const snapshot = await cachedSnapshot(kept, revision);
    if (snapshot === undefined) return [];
    const entries = await readdir(snapshot, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
    const paths = files.map((path) => relative(snapshot, path).replaceAll("\\", "/"));
    return planDataSet(place, paths).map((path) => join(snapshot, path));
  } catch {
    return [];
  }
}
