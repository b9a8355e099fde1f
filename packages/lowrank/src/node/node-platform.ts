// The library's host in Node: the disk, and the Hub's cache on it.

import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Example } from "@lowrank/data";
import { readObjects } from "@lowrank/data/internal";
import { RowSpool } from "@lowrank/data/internal/node";
import { streamDataFile } from "@lowrank/data/node";
import { writeModelFolder } from "@lowrank/merge/node";
import { writeListedFolder } from "@lowrank/safetensors/internal/node";
import { mediaError } from "../errors/media-errors.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { adapterIn, folderOf, modelIn } from "../open/model-source.ts";
import { writeToDirectory } from "../page/write-to-directory.ts";
import type { OutputFolder, Platform, SourceContext } from "../platform.ts";
import { withRelativeBase } from "./base-path.ts";
import { pinnedName, rowSources } from "./data/row-sources.ts";
import { findAdapter, findModel } from "./find-model.ts";
import type { HubContext } from "./hub/hub-access.ts";
import { decodeImage } from "./media/decode-image.ts";
import { imageFolderRows, metadataFile } from "./media/image-folder.ts";
import { openRunFolder } from "./run/open-run-folder.ts";

/** Reads paths and names of the Hub, and writes folders atomically. */
export const nodePlatform: Platform = {
  memoryBytes: totalmem,
  async findModel(input, context) {
    return typeof input === "string" ? findModel(input, hubContext(context)) : modelIn(await folderOf(input));
  },
  async findAdapter(input, context) {
    return typeof input === "string" ? findAdapter(input, hubContext(context)) : adapterIn(await folderOf(input));
  },
  async readRows(input, options, context) {
    // A file may be larger than memory, so its rows can stay on disk.
    const limits = { maxSize: 2 ** 40, ...options };
    const rows = new RowSpool<Example>();
    for await (const example of nodePlatform.streamRows(input, limits, context)) rows.add(example);
    return rows.finish();
  },
  pinnedName,
  keepRows: () => new RowSpool(),
  async *streamRows(input, options, { stdin, ...context }) {
    const isMedia = await isFolder(input);
    const metadata = isMedia ? await metadataFile(input) : undefined;
    if (isMedia && metadata === undefined) {
      const rows = await imageFolderRows(input, { needsLabels: options.onPredictionRow === undefined });
      yield* readObjects(rows, { file: input, ...options });
      return;
    }
    for (const source of await rowSources(metadata ?? input, { ...hubContext(context), stdin })) {
      const folder = typeof source === "string" ? dirname(source) : ".";
      yield* streamDataFile(source, { locate: (name) => resolve(folder, name), ...options });
    }
  },
  readMedia: (name) =>
    readFile(name).catch((cause: Error) => {
      throw mediaError(name, `${cause.message}.`, { cause });
    }),
  decodeImage,
  async writeFiles(folder, files, { overwrite }) {
    if (typeof folder !== "string") return writeToDirectory(folder, files);
    const fill = async (path: string) => {
      const placed = await withRelativeBase(files, folder);
      for (const [name, content] of placed) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), content);
      }
    };
    await writeListedFolder(folder, fill, { overwrite });
  },
  openRun: openRunFolder,
  async writeModel(folder, { model, source, tokenizer, dtype, labelNames, texts }, { overwrite }) {
    await writeModelFolder(pathOf(folder), {
      model,
      sourceFolder: source,
      overwrite,
      ...omitUndefined({ dtype, labelNames, texts, tokenizerFolder: tokenizer?.name }),
    });
  },
};

function hubContext({ notices, fetch, accessToken }: SourceContext): HubContext {
  return { notices, access: omitUndefined({ fetch, accessToken }) };
}

function pathOf(folder: OutputFolder): string {
  if (typeof folder === "string") return folder;
  throw new TypeError("In Node, pass a path to write the model to.");
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
