// The library's host in a page: addresses, the Hub by HTTP, and what a person chose.

import { exportFiles } from "@lowrank/merge";
import { fetchedFolder } from "@lowrank/models";
import { NoRunFolderError, RowsNotFoundError, UnwritableFolderError } from "./errors/library-errors.ts";
import { adapterIn, folderOf, modelIn } from "./open/model-source.ts";
import type { ModelInput, OutputFolder, Platform, SourceContext, WritableDirectory } from "./platform.ts";
import { rowsOfText } from "./rows/read-rows.ts";
import { writeInto, writeToDirectory } from "./write-to-directory.ts";

/** A repository of the Hub, as against an address. */
const repository = /^[\w.-]+\/[\w.-]+$/;

/** Fetches what is named, and writes to folders that a person chose. */
export const browserPlatform: Platform = {
  memoryBytes: () => undefined,
  findModel: async (input, context) => ({ ...(await modelIn(await folderAt(input, context))), ...nameOf(input) }),
  findAdapter: async (input, context) => adapterIn(await folderAt(input, context)),
  async readRows(address, options) {
    const answer = await fetch(address);
    if (!answer.ok) throw new RowsNotFoundError(address, answer.status);
    return rowsOfText(address, await answer.text(), options);
  },
  writeFiles: async (folder, files) => writeToDirectory(chosen(folder), files),
  async openRun(out) {
    throw new NoRunFolderError(out);
  },
  writeModel: async (folder, { model, ...options }) => {
    const target = chosen(folder);
    for await (const { name, contents } of exportFiles(model, options)) await writeInto(target, name, contents());
  },
};

async function folderAt(input: ModelInput, context: SourceContext) {
  if (typeof input !== "string") return folderOf(input);
  if (!repository.test(input)) return fetchedFolder(new URL(input, globalThis.location?.href).href, context.fetch);
  return fetchedFolder(`https://huggingface.co/${input}/resolve/main/`, withToken(context));
}

/** The name that was given says more than the address that it stands for. */
function nameOf(input: ModelInput): { readonly name?: string } {
  return typeof input === "string" ? { name: input } : {};
}

function withToken({ fetch: ask = fetch, accessToken }: SourceContext): typeof fetch {
  if (accessToken === undefined) return ask;
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${accessToken}`);
    return ask(input, { ...init, headers });
  };
}

function chosen(folder: OutputFolder): WritableDirectory {
  if (typeof folder === "string") throw new UnwritableFolderError(folder);
  return folder;
}
