// The studio as it is published: built, and served from a folder below the server's root, which on GitHub Pages has the
// repository's name.

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBuilt } from "@lowrank/testing/node-arguments";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build, preview } from "vite";
import { startBrowser } from "./browser.ts";

const root = join(import.meta.dirname, "..");

/** A built studio in a browser; the caller closes it. */
export interface BuiltStudio {
  readonly browser: Browser;
  readonly address: string;
  /** Hidden problems: errors on the console, uncaught errors, requests to other machines. */
  readonly complaints: string[];
  /** A new tab before its first address. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

/** `browserArguments`: arguments of Chromium; default: without a GPU. */
export async function openBuiltStudio(browserArguments?: readonly string[]): Promise<BuiltStudio> {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-studio-"));
  const outDir = join(folder, "lowrank");
  if (isBuilt) await cp(join(root, "dist"), outDir, { recursive: true });
  else await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await preview({ root, logLevel: "error", build: { outDir: folder }, preview: { port: 0 } });
  const browser = await startBrowser(browserArguments);
  const address = new URL("lowrank/", server.resolvedUrls?.local[0]).href;
  const complaints: string[] = [];
  return {
    browser,
    address,
    complaints,
    async newPage(options = {}) {
      const context = await browser.newContext(options); // browser.newPage()'s own context would close without asking the page
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("request", (request) => {
        if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(address)) complaints.push(request.url());
      });
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
