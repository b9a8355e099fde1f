// A model called owner/name: downloads what is needed into the cache that Python's huggingface_hub uses as well.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HubError } from "../../errors/model-errors.ts";
import type { Notices } from "../../notices.ts";
import { type HubContent, planDownload } from "./plan-download.ts";

/** A repository name as the Hub knows them; anything else is a path. */
export const repositoryPattern = /^[\w.-]+\/[\w.-]+$/;

/** How to reach the Hub and where to keep its files; tests pass their own. */
export interface HubAccess {
  readonly fetch?: typeof fetch;
  readonly cacheDir?: string;
  readonly accessToken?: string;
}

type HubLibrary = typeof import("@huggingface/hub");

/**
 * Downloads the safetensors, config and tokenizer of a repository, as far as the cache lacks them, and returns the
 * folder that holds them. Throws a HubError.
 */
export async function downloadFromHub(
  repository: string,
  content: HubContent,
  context: { readonly notices: Notices; readonly access: HubAccess },
): Promise<string> {
  const hub = await importHub(repository);
  const { notices, access } = context;
  const cacheDir = access.cacheDir ?? hub.getHFHubCachePath();
  try {
    const { sha } = await hub.modelInfo({ name: repository, additionalFields: ["sha"], ...access });
    const paths = await listPaths(hub, repository, sha, access);
    for (const path of planDownload(repository, content, paths)) {
      notices.note?.(`fetching ${repository}/${path}`);
      await quietly(() => hub.downloadFileToCacheDir({ repo: repository, path, revision: sha, ...access, cacheDir }));
    }
    const folder = repositoryFolder(hub, cacheDir, repository);
    await rememberMain(folder, sha);
    return join(folder, "snapshots", sha);
  } catch (error) {
    if (error instanceof HubError) throw error;
    const cached = await cachedSnapshot(hub, cacheDir, repository, content);
    if (cached === undefined) throw new HubError(repository, reasonOf(error), { cause: error });
    notices.warn({ code: "HUB_OFFLINE", message: `The Hub cannot be reached (${reasonOf(error)}); using ${cached}.` });
    return cached;
  }
}

async function importHub(repository: string): Promise<HubLibrary> {
  try {
    return await import("@huggingface/hub");
  } catch (error) {
    const reason = "the optional package @huggingface/hub is not installed. Run: npm install @huggingface/hub";
    throw new HubError(repository, reason, { cause: error });
  }
}

async function listPaths(hub: HubLibrary, repository: string, sha: string, access: HubAccess): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of hub.listFiles({ repo: repository, revision: sha, ...access })) {
    if (entry.type === "file") paths.push(entry.path);
  }
  return paths;
}

function repositoryFolder(hub: HubLibrary, cacheDir: string, repository: string): string {
  return join(cacheDir, hub.getRepoFolderName({ type: "model", name: repository }));
}

/** As huggingface_hub does; it is what makes the snapshot findable without a network. */
async function rememberMain(folder: string, sha: string): Promise<void> {
  await mkdir(join(folder, "refs"), { recursive: true });
  await writeFile(join(folder, "refs", "main"), sha);
}

/** The snapshot that an earlier download (ours or Python's) called "main". */
async function cachedSnapshot(
  hub: HubLibrary,
  cacheDir: string,
  repository: string,
  content: HubContent,
): Promise<string | undefined> {
  const folder = repositoryFolder(hub, cacheDir, repository);
  try {
    const sha = (await readFile(join(folder, "refs", "main"), "utf8")).trim();
    if (!/^[0-9a-f]{40}$/.test(sha)) return undefined;
    const snapshot = join(folder, "snapshots", sha);
    await readFile(join(snapshot, content === "model" ? "config.json" : "adapter_config.json"));
    return snapshot;
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
