// A data set's name on the Hub: downloads the Parquet files of a split into the cache that Python uses as well.

import { join } from "node:path";
import { HubError } from "../../errors/model-errors.ts";
import { type HubName, parseHubName } from "../../open/hub-name.ts";
import { fetchPlanned } from "./fetch-planned.ts";
import type { HubContext } from "./hub-access.ts";
import { cachedCommit, repositoryFolder } from "./hub-cache.ts";
import { convertedBranch, planDataSet } from "./plan-data-set.ts";

/**
 * The paths of a split's files on this disk, in order: of the branch that the Hub makes, or of the revision that is named. Throws
 * what `fetchPlanned` does.
 */
export async function downloadDataSet(given: string, context: HubContext): Promise<readonly string[]> {
  const name = parseHubName(given);
  if (name === undefined) throw new HubError(given, "it is no name of a data set.");
  const { repository, folder: inside } = name;
  const request = { given, type: "dataset", repository, revision: revisionOf(given, name) } as const;
  const plan = (paths: readonly string[]) => planDataSet({ given, inside }, paths);
  const { snapshot, paths } = await fetchPlanned({ ...request, folder: "", isDeep: true }, plan, context);
  return paths.map((path) => join(snapshot, path));
}

/** The name of a downloaded data set with the commit that it was; as it is where nothing is kept of it. */
export async function pinnedDataSet(given: string): Promise<string> {
  const name = parseHubName(given);
  if (name === undefined) return given;
  const folder = repositoryFolder({ type: "dataset", repository: name.repository }, {});
  const commit = await cachedCommit(folder, revisionOf(given, name));
  return commit === undefined ? given : `${given.split("@", 1)[0]}@${commit}`;
}

function revisionOf(given: string, { revision }: Pick<HubName, "revision">): string {
  return given.includes("@") ? revision : convertedBranch;
}
