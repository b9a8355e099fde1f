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
export async function downloadFromHub(input: string, content: HubContent, context: HubContext): Promise<string> {
  const name = parseHubName(input);
  if (name === undefined) throw new HubError(input, "the name is not a repository name.");
  const plan = (paths: readonly string[]) =>
    planDownload({ input, ...name }, content, namesIn(name, paths)).map((file) => pathInRepository(name, file));
  const { snapshot, paths } = await fetchPlanned({ input, type: "model", isDeep: false, ...name }, plan, context);
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
  const file = paths.find((path) => path.endsWith(".gguf") || (paths.length === 1 && path.endsWith(".safetensors")));
  return join(snapshot, file ?? folder);
}

/** Local paths of a split's files, from the named revision, else from the Hub's Parquet branch. Throws HubError. */
export async function downloadDataSet(input: string, context: HubContext): Promise<readonly string[]> {
  const name = parseHubName(input);
  if (name === undefined) throw new HubError(input, "the name is not a data set name.");
  const { repository, folder: inside } = name;
  const request = { input, type: "dataset", repository, revision: revisionOf(input, name) } as const;
  const plan = (paths: readonly string[]) => planDataSet({ input, inside }, paths);
  const { snapshot, paths } = await fetchPlanned({ ...request, folder: "", isDeep: true }, plan, context);
  return paths.map((path) => join(snapshot, path));
}

/** The name of a downloaded data set with its commit; unchanged if it is not in the cache. */
export async function pinnedDataSet(input: string): Promise<string> {
  const name = parseHubName(input);
  if (name === undefined) return input;
  const folder = repositoryFolder({ type: "dataset", repository: name.repository }, {});
  const commit = await cachedCommit(folder, revisionOf(input, name));
  return commit === undefined ? input : `${input.split("@", 1)[0]}@${commit}`;
}

function revisionOf(input: string, { revision }: Pick<HubName, "revision">): string {
  return input.includes("@") ? revision : convertedBranch;
}
