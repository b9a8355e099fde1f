// A name on the Hub: downloads what is needed into the cache that Python's huggingface_hub uses as well.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HubError } from "../../errors/model-errors.ts";
import type { Notices } from "../../notices.ts";
import { type HubName, parseHubName, pathInRepository } from "../../open/hub-name.ts";
import { type HubContent, planDownload } from "./plan-download.ts";

/** How to reach the Hub and where to keep its files; tests pass their own. */
export interface HubAccess {
  readonly fetch?: typeof fetch;
  readonly cacheDir?: string;
  readonly accessToken?: string;
}

type HubLibrary = typeof import("@huggingface/hub");

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
    await remember(folder, name, sha);
    return placeOf(join(folder, "snapshots", sha), name, planned);
  } catch (error) {
    if (error instanceof HubError) throw error;
    const cached = await cachedPlace(folder, name, content);
    if (cached === undefined) throw new HubError(given, reasonOf(error), { cause: error });
    notices.warn({ code: "HUB_OFFLINE", message: `The Hub cannot be reached (${reasonOf(error)}); using ${cached}.` });
    return cached;
  }
}

async function importHub(given: string): Promise<HubLibrary> {
  try {
    return await import("@huggingface/hub");
  } catch (error) {
    const reason = "the optional package @huggingface/hub is not installed. Run: npm install @huggingface/hub";
    throw new HubError(given, reason, { cause: error });
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

/** As huggingface_hub does; it is what makes the snapshot findable without a network. */
async function remember(repositoryFolder: string, { revision }: HubName, sha: string): Promise<void> {
  if (revision === sha) return;
  const file = join(repositoryFolder, "refs", revision);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, sha);
}

/** The first file of a GGUF model, or the folder. */
function placeOf(snapshot: string, name: HubName, files: readonly string[]): string {
  const gguf = files.find((file) => file.endsWith(".gguf"));
  return gguf === undefined ? join(snapshot, name.folder) : join(snapshot, name.folder, gguf);
}

/** What an earlier download (ours or Python's) of the same revision left. */
async function cachedPlace(repositoryFolder: string, name: HubName, content: HubContent): Promise<string | undefined> {
  try {
    const isCommit = /^[0-9a-f]{40}$/.test(name.revision);
    const sha = isCommit ? name.revision : await readFile(join(repositoryFolder, "refs", name.revision), "utf8");
    if (!/^[0-9a-f]{40}$/.test(sha.trim())) return undefined;
    const folder = join(repositoryFolder, "snapshots", sha.trim(), name.folder);
    const file = name.file ?? (content === "model" ? "config.json" : "adapter_config.json");
    await readFile(join(folder, file));
    return name.file === undefined ? folder : join(folder, name.file);
  } catch {
    return undefined;
  }
}

/** The library announces each file on stdout, which belongs to results. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const debug = console.debug;
  console.debug = () => {};
  try {
    return await work();
  } finally {
    console.debug = debug;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status = "statusCode" in error ? ` (HTTP ${String(error.statusCode)})` : "";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${status}${cause}`;
}
