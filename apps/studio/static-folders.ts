// A Vite plugin: serves folders outside the app under fixed paths, in development and in the build. The model
// and the sample data stay where they belong, and the worker reads them by name.

import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "vite";

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".json": "application/json",
  ".csv": "text/csv; charset=utf-8",
};

/** Where files come from: an absolute folder, and which of its files. */
export interface StaticFolder {
  readonly folder: string;
  readonly files: RegExp;
}

/** Serves files of each folder under its path: `{ "/model/": { folder: "/absolute/folder", files: /\.json$/ } }`. */
export function staticFolders(folders: Readonly<Record<string, StaticFolder>>): Plugin {
  return {
    name: "static-folders",
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const file = await find(folders, request.url ?? "");
        if (file === undefined) return next();
        response.setHeader("Content-Length", file.size);
        response.setHeader("Content-Type", types[/\.[a-z]+$/.exec(file.path)?.[0] ?? ""] ?? "application/octet-stream");
        if (request.method === "HEAD") return response.end();
        createReadStream(file.path).pipe(response);
      });
    },
    async generateBundle() {
      for (const [prefix, { folder, files }] of Object.entries(folders)) {
        for (const entry of await readdir(folder, { withFileTypes: true })) {
          if (!entry.isFile() || !files.test(entry.name)) continue;
          const source = await readFile(join(folder, entry.name));
          this.emitFile({ type: "asset", fileName: `${prefix.slice(1)}${entry.name}`, source });
        }
      }
    },
  };
}

/** Only a plain name directly in the folder is found: no separators, no dot files. */
async function find(folders: Readonly<Record<string, StaticFolder>>, url: string) {
  const path = url.split("?")[0] ?? "";
  const prefix = Object.keys(folders).find((candidate) => path.startsWith(candidate));
  if (prefix === undefined) return undefined;
  const name = path.slice(prefix.length);
  const { folder, files } = folders[prefix] as StaticFolder;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || !files.test(name)) return undefined;
  const file = join(folder, name);
  const info = await stat(file).catch(() => undefined);
  return info?.isFile() ? { path: file, size: info.size } : undefined;
}
