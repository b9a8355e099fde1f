// The library's host in a web page: URLs, the Hub over HTTP, and files that the user chose.

import type { DecodedImage, Example } from "@lowrank/data";
import type { ReadOptions } from "@lowrank/data/internal";
import type { ModelFolder } from "@lowrank/models";
import { fetchedFolder } from "@lowrank/models/internal";

import { noRunFolder, rowsNotFound, unwritableFolder } from "../errors/library-errors.ts";
import { mediaError } from "../errors/media-errors.ts";
import { keepInMemory } from "../keep-in-memory.ts";
import { baseName, parseHubName } from "../open/hub-name.ts";
import { adapterIn, folderOf, modelIn, onlyGguf } from "../open/model-source.ts";
import {
  type ModelInput,
  maxPixels,
  type OutputFolder,
  type Platform,
  type SourceContext,
  type WritableDirectory,
} from "../platform.ts";

import { writeInto, writeToDirectory } from "./write-to-directory.ts";

/** Fetches named files, and writes to folders that the user chose. */
export const browserPlatform: Platform = {
  memoryBytes: () => undefined,
  findModel: async (input, context) => ({ ...(await modelIn(await folderAt(input, context))), ...nameOf(input) }),
  findAdapter: async (input, context) => adapterIn(await folderAt(input, context)),
  readRows: fetchRows,
  async *streamRows(address, options) {
    yield* await fetchRows(address, options);
  },
  async readMedia(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw mediaError(address, `the server answered ${answer.status}.`);
    return new Uint8Array(await answer.arrayBuffer());
  },
  decodeImage,
  keepRows: keepInMemory, // a page has no disk to put rows on
  writeFiles: async (folder, files) => writeToDirectory(chosen(folder), files),
  async openRun(out) {
    throw noRunFolder(out);
  },
  writeModel: async (folder, { model, ...options }) => {
    const target = chosen(folder);
    const { exportFiles } = await import("../merge/merging.ts");
    for await (const { name, contents } of exportFiles(model, options)) await writeInto(target, name, contents());
  },
};

async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const bitmap = await createImageBitmap(new Blob([bytes.slice()])).catch((cause) => {
    throw mediaError(name, "the browser cannot decode it.", { cause });
  });
  const { width, height } = bitmap;
  if (width * height > maxPixels) throw mediaError(name, `it has ${width} × ${height} pixels; make it smaller.`);
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = canvas?.getImageData(0, 0, width, height);
  if (pixels === undefined) throw mediaError(name, "the browser has no canvas to decode it on.");
  return pixels;
}

async function fetchRows(address: string, options: ReadOptions): Promise<readonly Example[]> {
  const answer = await fetch(address);
  if (!answer.ok) throw rowsNotFound(address, answer.status);
  const locate = (name: string) => new URL(name, new URL(address, globalThis.location?.href)).href;
  const { rowsOfFile } = await import("../rows/read-rows.ts");
  return rowsOfFile(new File([await answer.blob()], address), { locate, ...options });
}

/** A folder in memory, at a URL, or with a name on the Hub. */
export async function folderAt(input: ModelInput, context: Pick<SourceContext, "fetch" | "accessToken">) {
  if (typeof input !== "string") return folderOf(input);
  const name = parseHubName(input);
  if (name === undefined) {
    const address = new URL(input, globalThis.location?.href);
    const [, folder = address.href, file] = /^(.*\/)([^/]+\.gguf)$/.exec(address.href) ?? [];
    return fetched(folder, file, context.fetch);
  }
  const path = [name.repository, "resolve", encodeURIComponent(name.revision), ...name.folder.split("/")];
  const address = `https://huggingface.co/${path.filter((part) => part !== "").join("/")}/`;
  return fetched(address, name.file, withToken(context));
}

/** A folder on a server, or the named .gguf file in it: a server does not list its files. */
function fetched(address: string, gguf: string | undefined, send: typeof fetch | undefined): ModelFolder {
  const folder = fetchedFolder(address, send);
  return gguf === undefined ? folder : onlyGguf(folder, gguf);
}

/** Messages have the given name, which is clearer than its URL. */
function nameOf(input: ModelInput): { readonly name?: string; readonly revision?: string } {
  return typeof input === "string" ? baseName(input) : {};
}

function withToken({ fetch: send = fetch, accessToken }: Pick<SourceContext, "fetch" | "accessToken">): typeof fetch {
  if (accessToken === undefined) return send;
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${accessToken}`);
    return send(input, { ...init, headers });
  };
}

function chosen(folder: OutputFolder): WritableDirectory {
  if (typeof folder === "string") throw unwritableFolder(folder);
  return folder;
}
