// The base's path in an adapter's folder: relative to the folder, so that a shared folder does not reveal
// paths of this machine. In memory it is absolute.

import { isAbsolute, relative, resolve } from "node:path";
import type { FolderFiles } from "../platform.ts";
import { parseSetup, setupFile, setupFiles } from "../setup/adapter-setup.ts";
import { realPath } from "./real-path.ts";

/** The files as they are written into a folder. A base on another drive has no relative path and is not saved. */
export async function withRelativeBase(files: FolderFiles, folder: string): Promise<FolderFiles> {
  const { basePath, ...setup } = parseSetup(files.get(setupFile));
  if (basePath === undefined) return files;
  const path = relative(await realPath(folder), await realPath(basePath));
  const others = [...files].filter(([name]) => name !== setupFile);
  return new Map([...others, ...setupFiles(isAbsolute(path) ? setup : { ...setup, basePath: path })]);
}

/** The saved path, absolute; adapters of earlier versions have absolute paths. */
export async function absoluteBase(basePath: string, folder: string): Promise<string> {
  return resolve(await realPath(folder), basePath);
}
