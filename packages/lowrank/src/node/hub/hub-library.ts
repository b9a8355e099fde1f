// The library of the Hub, which is installed by those who need it, and the cache that it shares with Python's.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HubError } from "../../errors/model-errors.ts";

/** How to reach the Hub and where to keep its files; tests pass their own. */
export interface HubAccess {
  readonly fetch?: typeof fetch;
  readonly cacheDir?: string;
  readonly accessToken?: string;
}

/** `@huggingface/hub`. */
export type HubLibrary = typeof import("@huggingface/hub");

/** Loads it. Throws a HubError where it is not installed. */
export async function importHub(given: string): Promise<HubLibrary> {
  try {
    return await import("@huggingface/hub");
  } catch (error) {
    const reason = "the optional package @huggingface/hub is not installed. Run: npm install @huggingface/hub";
    throw new HubError(given, reason, { cause: error });
  }
}

/** As huggingface_hub does; it is what makes the snapshot findable without a network. */
export async function rememberCommit(repositoryFolder: string, revision: string, sha: string): Promise<void> {
  if (revision === sha) return;
  const file = join(repositoryFolder, "refs", revision);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, sha);
}

/** The folder of a commit, or of the one that a branch or tag was when it was asked for last; undefined where nothing is kept. */
export async function cachedSnapshot(repositoryFolder: string, revision: string): Promise<string | undefined> {
  const isCommit = /^[0-9a-f]{40}$/.test(revision);
  const sha = isCommit ? revision : (await readFile(join(repositoryFolder, "refs", revision), "utf8")).trim();
  return /^[0-9a-f]{40}$/.test(sha) ? join(repositoryFolder, "snapshots", sha) : undefined;
}

/** The library announces each file on stdout, which belongs to results. */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const debug = console.debug;
  console.debug = () => {};
  try {
    return await work();
  } finally {
    console.debug = debug;
  }
}

/** What went wrong, with what the server answered. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status = "statusCode" in error ? ` (HTTP ${String(error.statusCode)})` : "";
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${status}${cause}`;
}
