// A name on the Hub: downloads what is needed into the cache that Python's huggingface_hub uses as well.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../../errors/model-errors.ts";
import type { Notices } from "../../notices.ts";
import { type HubName, parseHubName, pathInRepository } from "../../open/hub-name.ts";
import {
  cachedSnapshot,
  type HubAccess,
  type HubLibrary,
  importHub,
  quietly,
  reasonOf,
  rememberCommit,
} from "./hub-library.ts";
import { type HubContent, planDownload } from "./plan-download.ts";

/**
 * Downloads the safetensors, config and tokenizer that a name stands for, or its .gguf file, as far as the cache lacks them,
 * and returns the folder that holds them, or that file. Throws a HubError.
 */
export async function downloadFromHub(
  given: string,
  content: HubContent,
  context: { readonly notices: Notices; readonly access: HubAccess },
): Promise<string> {
  const name = parseHubName(given);
  if (name === undefined) throw new HubError(given, "it is no name of a repository.");
  const { repository, revision } = name;
  const hub = await importHub(given);
  const { notices, access } = context;
  const cacheDir = access.cacheDir ?? hub.getHFHubCachePath();
  const folder = join(cacheDir, hub.getRepoFolderName({ type: "model", name: repository }));
  try {
    const { sha } = await hub.modelInfo({ name: repository, revision, additionalFields: ["sha"], ...access });
    const paths = await listPaths(hub, { ...name, sha }, access);
    const planned = planDownload({ given, ...name }, content, paths);
    for (const file of planned) {
      const path = pathInRepository(name, file);
      notices.note?.(`fetching ${repository}/${path}`);
      await quietly(() => hub.downloadFileToCacheDir({ repo: repository, path, revision: sha, ...access, cacheDir }));
    }
    await rememberCommit(folder, name.revision, sha);
    return placeOf(join(folder, "snapshots", sha), name, planned);
  } catch (error) {
    if (error instanceof HubError) throw error;
    const cached = await cachedPlace(folder, name, content);
    if (cached === undefined) throw new HubError(given, reasonOf(error), { cause: error });
    notices.warn({ code: "HUB_OFFLINE", message: `The Hub cannot be reached (${reasonOf(error)}); using ${cached}.` });
    return cached;
  }
}

/** Names of what is in the folder; of folders with "/" at the end. */
async function listPaths(
  hub: HubLibrary,
  { repository, folder, sha }: HubName & { readonly sha: string },
  access: HubAccess,
): Promise<string[]> {
  const paths: string[] = [];
  const path = folder === "" ? {} : { path: folder };
  for await (const entry of hub.listFiles({ repo: repository, revision: sha, ...path, ...access })) {
    const name = entry.path.slice(folder === "" ? 0 : folder.length + 1);
    paths.push(entry.type === "directory" ? `${name}/` : name);
  }
  return paths;
}

/** The first file of a GGUF model, an adapter's only file, or the folder. */
function placeOf(snapshot: string, name: HubName, files: readonly string[]): string {
  const file = files.find((one) => one.endsWith(".gguf") || (files.length === 1 && one.endsWith(".safetensors")));
  return file === undefined ? join(snapshot, name.folder) : join(snapshot, name.folder, file);
}

/** What an earlier download (ours or Python's) of the same revision left. */
async function cachedPlace(repositoryFolder: string, name: HubName, content: HubContent): Promise<string | undefined> {
  try {
    const snapshot = await cachedSnapshot(repositoryFolder, name.revision);
    if (snapshot === undefined) return undefined;
    const folder = join(snapshot, name.folder);
    const file = name.file ?? (content === "model" ? "config.json" : "adapter_config.json");
    await readFile(join(folder, file));
    return name.file === undefined ? folder : join(folder, name.file);
  } catch {
    return undefined;
  }
}
