// A Vite plugin: libraries that few visits need are loaded on demand. The packages import them as in Node, at their top;
// here this import gets a file of the app's own, which has the library's names and fills them once it is called.

import type { Plugin } from "vite";

/** `{ "library": "/absolute/file-in-its-place.ts" }` */
export function loadedLater(places: Readonly<Record<string, string>>): Plugin {
  return {
    name: "loaded-later",
    enforce: "pre",
    resolveId: (name, importer) => {
      const place = Object.hasOwn(places, name) ? places[name] : undefined;
      return importer === place ? null : place;
    },
  };
}
