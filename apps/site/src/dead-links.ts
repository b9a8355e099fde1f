// Links inside a built site that lead nowhere: to a file that is not there, or to a heading that the page does not have.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export interface BuiltSite {
  readonly folder: string;
  /** The path at which the folder is served, such as "/lowrank/". */
  readonly base: string;
  /** Paths below it that something else is served at. */
  readonly elsewhere?: readonly string[];
}

/** One line for each dead link of the HTML files in the folder. */
export function deadLinks({ folder, base, elsewhere = [] }: BuiltSite): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  const pages = new Map(files.map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]));
  const anchors = new Map([...pages].map(([path, html]) => [path, new Set(matches(html, /\sid="([^"]+)"/g))]));

  return [...pages].flatMap(([page, html]) =>
    [...new Set(matches(html, /\s(?:href|src)="([^"]*)"/g))].flatMap((link) => {
      if (/^([a-z][a-z+.-]*:|\/\/)/i.test(link)) return []; // of another site
      const [target = "", anchor] = link.split("#").map(decodeURIComponent);
      if (elsewhere.some((path) => target.startsWith(base + path))) return [];
      const path = target === "" ? page : pathOf(target, page);
      const where = `${relative(folder, page)} links to ${link}`;
      if (path === undefined) return [`${where}, which does not exist`];
      if (!anchor || !pages.has(path) || anchors.get(path)?.has(anchor)) return [];
      return [`${where}, where no heading or name is called so`];
    }),
  );

  /** The file of an address, which leaves out ".html" and "index.html". */
  function pathOf(target: string, page: string): string | undefined {
    const path = target.startsWith(base) ? join(folder, target.slice(base.length)) : resolve(dirname(page), target);
    const candidates = target.endsWith("/") ? [join(path, "index.html")] : [path, `${path}.html`];
    return candidates.find((file) => pages.has(file) || (existsSync(file) && !file.endsWith("/")));
  }
}

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = ""]) => found.replaceAll("&amp;", "&"));
}
