// Resolves a revision to a commit and lists its files. Answers of the Hub are validated, because file names and hashes
// become paths of the cache, and lists are limited.

import { parseJson, printable } from "@lowrank/contracts/internal";
import { bodyOf, type HubAccess, hubEndpoint, hubFetch, refusal } from "./hub-access.ts";

export interface HubRequest {
  /** The name as the caller wrote it, for messages. */
  readonly input: string;
  readonly type: "model" | "dataset";
  /** "owner/name" */
  readonly repository: string;
  readonly revision: string;
}

export interface HubFile {
  readonly path: string;
  /** Undefined if only the cache knows the file. */
  readonly size: number | undefined;
  /** SHA-256 of a file in LFS (64 hexadecimal digits), or git's SHA-1 of any other (40): its name in the cache. */
  readonly hash: string;
}

/** Files by path; folders, whose names end with "/", have no facts. */
export type HubListing = ReadonlyMap<string, HubFile | undefined>;

/** A page has at most a thousand entries. */
const maxPages = 200;
const maxEntries = 200_000;
const maxBytes = 8_000_000;
/** Timeout of one answer, in milliseconds. */
const longestWait = 60_000;

const commitPattern = /^[0-9a-f]{40}$/;

/** The current commit of a branch or a tag. */
export async function commitOf({ type, repository, revision }: HubRequest, access: HubAccess): Promise<string> {
  if (commitPattern.test(revision)) return revision;
  const route = `/api/${type}s/${repository}/revision/${encodeURIComponent(revision)}?expand=sha`;
  const { value } = await fetchJson(new URL(hubEndpoint(access) + route), access);
  const { sha } = fieldsOf(value);
  if (typeof sha === "string" && commitPattern.test(sha)) return sha;
  throw unexpected(`commit ${JSON.stringify(sha)}`, "40 hexadecimal digits");
}

/** The entries of a folder, with `isDeep` also of its subfolders. */
export async function listRepository(
  { type, repository }: HubRequest,
  { commit, folder, isDeep }: { readonly commit: string; readonly folder: string; readonly isDeep: boolean },
  access: HubAccess,
): Promise<HubListing> {
  const endpoint = hubEndpoint(access);
  const route = `/api/${type}s/${repository}/tree/${commit}${folder === "" ? "" : `/${encodedPath(folder)}`}`;
  const found = new Map<string, HubFile | undefined>();
  let url: URL | undefined = new URL(`${endpoint}${route}?recursive=${isDeep}&expand=false`);
  for (let page = 0; url !== undefined; page += 1) {
    if (page === maxPages) throw unexpected(`a list of more than ${maxPages} pages`, "fewer");
    const { value, next }: JsonAnswer = await fetchJson(url, access);
    if (!Array.isArray(value)) throw unexpected("no list of files", "a list of files");
    for (const entry of value) {
      const { path, file } = parseEntry(entry);
      found.set(path, file);
    }
    if (found.size > maxEntries) throw unexpected(`more than ${maxEntries} files`, "fewer");
    url = next;
  }
  return found;
}

export function encodedPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

interface JsonAnswer {
  readonly value: unknown;
  readonly next: URL | undefined;
}

async function fetchJson(url: URL, access: HubAccess): Promise<JsonAnswer> {
  const signal = AbortSignal.timeout(longestWait);
  const answer = await hubFetch(access)(url, { headers: { Accept: "application/json" }, signal });
  if (!answer.ok) throw refusal(answer);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of bodyOf(answer)) {
    bytes += piece.length;
    if (bytes > maxBytes) throw unexpected(`an answer of more than ${maxBytes} bytes`, "fewer");
    pieces.push(piece);
  }
  const refuse = (reason: string) => unexpected(`an answer that ${reason}`, "JSON");
  const value = parseJson(new TextDecoder().decode(Buffer.concat(pieces)), { refuse });
  const link = /<([^>]*)>\s*;\s*rel="?next"?/.exec(answer.headers.get("Link") ?? "")?.[1];
  const next = link === undefined ? undefined : new URL(link, url);
  if (next === undefined || next.origin === url.origin) return { value, next };
  throw unexpected(`a next page at ${printable(next.origin)}`, url.origin);
}

function parseEntry(entry: unknown): { readonly path: string; readonly file?: HubFile } {
  const { type, path, oid, size, lfs } = fieldsOf(entry);
  // git has no such names; a backslash separates names on Windows.
  const isPath = typeof path === "string" && path.split(/[/\\]/).every((part) => !["", ".", ".."].includes(part));
  if (!isPath || path.includes("\0")) throw unexpected(`a file ${JSON.stringify(path)}`, "a path in the repository");
  if (type !== "file") return { path: `${path}/` };
  const large = lfs === undefined || lfs === null ? undefined : fieldsOf(lfs);
  const hash = large === undefined ? oid : large.oid;
  const bytes = large === undefined ? size : large.size;
  const digits = large === undefined ? 40 : 64;
  if (typeof hash !== "string" || hash.length !== digits || !/^[0-9a-f]+$/.test(hash)) {
    throw unexpected(`${printable(path)} with the hash ${JSON.stringify(hash)}`, `${digits} hexadecimal digits`);
  }
  if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) {
    throw unexpected(`${printable(path)} with the size ${JSON.stringify(bytes)}`, "a number of bytes");
  }
  return { path, file: { path, size: bytes, hash } };
}

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function unexpected(found: string, expected: string): Error {
  return new Error(
    `the Hub answered with ${printable(found)}; expected ${expected}. ` +
      "If there is a proxy between this machine and the Hub, check its answers. Otherwise try again later.",
  );
}
