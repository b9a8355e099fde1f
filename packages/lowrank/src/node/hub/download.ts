// Downloads a name of the Hub into the cache that Python's huggingface_hub also uses.

import { join } from "node:path";
import { HubError } from "../../errors/model-errors.ts";
import { type HubName, parseHubName, pathInRepository } from "../../open/hub-name.ts";
import { fetchPlanned } from "./fetch-planned.ts";
import type { HubContext } from "./hub-access.ts";
import { cachedCommit, repositoryFolder } from "./hub-cache.ts";
import { convertedBranch, planDataSet } from "./plan-data-set.ts";
import { type HubContent, planDownload } from "./plan-download.ts";

/** Downloads the files of a name that are not in the cache; returns the folder, or the .gguf file. Throws HubError. */
export async function downloadFromHub(given: string, content: HubContent, context: HubContext): Promise<string> {
  const name = parseHubName(given);
  if (name === undefined) throw new HubError(given, "the name is not a repository name.");
  const plan = (paths: readonly string[]) =>
    planDownload({ given, ...name }, content, namesIn(name, paths)).map((file) => pathInRepository(name, file));
  const { snapshot, paths } = await fetchPlanned({ given, type: "model", isDeep: false, ...name }, plan, context);
  return folderOf(snapshot, name, paths);
}

/** Names of the folder's entries; subfolders end with "/". */
function namesIn({ folder }: HubName, paths: readonly string[]): readonly string[] {
  const start = folder === "" ? "" : `${folder}/`;
  const inside = paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
  return [...new Set(inside.map((path) => path.replace(/\/.*/, "/")))];
}

/** The first file of a GGUF model, an adapter's only file, or the folder. */
function folderOf(snapshot: string, { folder }: HubName, paths: readonly string[]): string {
  const file = paths.find((one) => one.endsWith(".gguf") || (paths.length === 1 && one.endsWith(".safetensors")));
  return join(snapshot, file ?? folder);
}

/** Local paths of a split's files, from the named revision, else from the Hub's Parquet branch. Throws HubError. */
export async function downloadDataSet(given: string, context: HubContext): Promise<readonly string[]> {
  const name = parseHubName(given);
  if (name === undefined) throw new HubError(given, "the name is not a data set name.");
  const { repository, folder: inside } = name;
  const request = { given, type: "dataset", repository, revision: revisionOf(given, name) } as const;
  const plan = (paths: readonly string[]) => planDataSet({ given, inside }, paths);
  const { snapshot, paths } = await fetchPlanned({ ...request, folder: "", isDeep: true }, plan, context);
  return paths.map((path) => join(snapshot, path));
}

/** The name of a downloaded data set with its commit; unchanged if it is not in the cache. */
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
