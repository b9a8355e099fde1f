// An example that is a page, served as `npm run` serves it, in an installed Chromium.

import { join } from "node:path";
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import { chromiumArguments } from "../../../scripts/chromium.mjs";
import { root } from "./extract-examples.ts";

/** The example, until it is closed. */
export interface OpenExample {
  /** A new page of it; `search` begins with a question mark. */
  page(search?: string): Promise<Page>;
  close(): Promise<void>;
}

export async function openExample(name: string, executablePath: string): Promise<OpenExample> {
  const server = await createServer({ root: join(root, "examples", name), logLevel: "error", server: { port: 0 } });
  await server.listen();
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] });
  return {
    page: async (search = "") => {
      const page = await browser.newPage();
      await page.goto(`${server.resolvedUrls?.local[0] ?? ""}${search}`);
      return page;
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}
