// A Vite plugin: libraries that few visits need come when they are waited for. The packages import them as in Node, at their
// top; here that gives a file of the app's own, which has the library's names and fills them once it is asked to.

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
