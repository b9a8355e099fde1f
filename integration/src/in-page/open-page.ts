// A page of Chromium that has folders of the disk as its server's, and nothing else.

import { readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { chromiumArguments, findChromium } from "../../../scripts/chromium.mjs";

export const chromiumPath: string | undefined = findChromium();

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};
/** With them a page may share memory among its threads. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Folders by the first part of an address; texts by the whole of it. */
export interface PageFiles {
  readonly folders: ReadonlyMap<string, string>;
  readonly texts: ReadonlyMap<string, string>;
  /** Addresses of modules by the names that libraries import. */
  readonly modules: Readonly<Record<string, string>>;
}

export async function openPage({ folders, texts, modules }: PageFiles): Promise<{ page: Page; browser: Browser }> {
  const browser = await chromium.launch({ executablePath: chromiumPath as string, args: [...chromiumArguments] });
  const page = await browser.newPage();
  const html = `<!doctype html><script type="importmap">${JSON.stringify({ imports: modules })}</script>`;
  await page.route("**/*", (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === "/") return route.fulfill({ contentType: "text/html", body: html, headers });
    const contentType = types[extname(path)] ?? "application/octet-stream";
    const text = texts.get(path);
    if (text !== undefined) return route.fulfill({ contentType, body: text, headers });
    const [, first = "", ...rest] = path.split("/");
    const folder = folders.get(first);
    if (folder === undefined) return route.fulfill({ status: 404, headers });
    try {
      const body = readFileSync(join(folder, normalize(rest.join("/"))));
      return route.fulfill({ contentType, body, headers });
    } catch {
      return route.fulfill({ status: 404, headers });
    }
  });
  await page.goto("https://localhost/");
  return { page, browser };
}
