// A Vite plugin: gives the service worker the list of built files, and a version from their content.

import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import type { Plugin, Rolldown } from "vite";

const placeholder = "__BUILT_FILES__";

/** Fills in the placeholder of the chunk `fileName`; must come after all plugins that emit files. */
export function offlineFiles(fileName: string, { publicFolder }: { readonly publicFolder: string }): Plugin {
  return {
    name: "offline-files",
    apply: "build",
    generateBundle: {
      order: "post",
      async handler(_, bundle) {
        const worker = bundle[fileName];
        if (worker?.type !== "chunk" || !worker.code.includes(placeholder))
          this.error(`there is no ${fileName} with ${placeholder} among the built files`);
        const digest = createHash("sha256");
        for (const [name, file] of Object.entries(bundle).sort(([one], [other]) => (one < other ? -1 : 1)))
          digest.update(name).update(file.type === "chunk" ? file.code : file.source);
        const files = [...Object.keys(bundle), ...(await readdir(publicFolder))];
        const page = scriptsOf(bundle, ({ name }) => name === "studio");
        const others = scriptsOf(bundle, ({ isEntry }) => isEntry);
        const offline = files.filter((name) => (page.has(name) || !others.has(name)) && !name.endsWith(".map"));
        const facts = JSON.stringify({ version: digest.digest("hex").slice(0, 16), files: offline });
        worker.code = worker.code.replace(placeholder, JSON.stringify(facts).slice(1, -1));
      },
    },
  };
}

/** The scripts of some entries, with all that they import. Workers are none, since a build emits them as assets. */
function scriptsOf(bundle: Rolldown.OutputBundle, isFirst: (chunk: Rolldown.OutputChunk) => boolean): Set<string> {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const found = new Set(chunks.filter(isFirst).map(({ fileName }) => fileName));
  for (const name of found)
    for (const { imports, dynamicImports } of chunks.filter(({ fileName }) => fileName === name))
      for (const imported of [...imports, ...dynamicImports]) found.add(imported);
  return found;
}
