// A Vite plugin: code that few visits need is loaded on demand. The packages import it as in Node, at their top; here this
// import gets a file of the app's own, which has the names of the replaced module and fills them once it is called.

import type { Plugin } from "vite";

/** `{ "library": "/absolute/file-in-its-place.ts" }`; a key may also be the absolute path of a workspace's module. */
export function loadedLater(places: Readonly<Record<string, string>>): Plugin {
  const isPlace = new Set(Object.values(places));
  const names = Object.keys(places).map((key) => key.slice(key.lastIndexOf("/") + 1));
  return {
    name: "loaded-later",
    enforce: "pre",
    async resolveId(name, importer, options) {
      if (isPlace.has(importer ?? "") || !names.some((end) => name.endsWith(end))) return null;
      const found = name.startsWith(".")
        ? (await this.resolve(name, importer, { ...options, skipSelf: true }))?.id
        : name;
      return found !== undefined && Object.hasOwn(places, found) ? places[found] : null;
    },
  };
}
