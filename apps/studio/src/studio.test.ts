// Drives the studio in a real Chromium, and checks that the adapter it hands out computes the same in Node.

import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { attachAdapter } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import * as tf from "@tensorflow/tfjs-core";
import { unzipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executable, startBrowser } from "./testing/browser.ts";

describe.skipIf(executable === undefined)("the studio in a browser", () => {
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await createServer({
      root: join(import.meta.dirname, ".."),
      logLevel: "error",
      server: { port: 0, hmr: false, watch: null },
    });
    await server.listen();
    browser = await startBrowser();
    page = await browser.newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    await page.waitForSelector("body[data-state=idle]", { timeout: 90_000 });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each(["/", "/tiny-model/config.json", "/src/main.ts"])(
    "serves %s to this machine alone, and to no page of another name",
    async (path) => {
      expect(server.httpServer?.address()).toMatchObject({ address: "127.0.0.1" });
      const { href, host } = new URL(path, server.resolvedUrls?.local[0]);
      expect(await statusFor(href, host)).toBe(200);
      expect(await statusFor(href, "attacker.example")).toBe(403);
    },
  );

  it("trains, answers with both models, and hands out an adapter with equal logits in Node", async () => {
    await page.fill("#steps", "4");
    await page.fill("#rank", "4");
    await page.click("#train");
    await page.waitForSelector("body[data-state=trained]", { timeout: 120_000 });
    expect(await page.textContent("#progress")).toContain("Step 4 of 4");

    await page.click("#answer");
    await page.waitForSelector("body[data-state=trained]", { timeout: 120_000 });
    await expect.poll(() => page.textContent("#adapted-answer"), { timeout: 60_000 }).not.toMatch(/^(–|…)$/);
    expect(await page.isVisible("#failure")).toBe(false);

    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
    const files = unzipSync(await readFile(await download.path()));
    const inputIds = [5, 60, 200, 31, 77, 9];
    const inBrowser = await page.evaluate(async (ids) => {
      const { studio } = globalThis as unknown as { studio: { logits(ids: readonly number[]): Promise<Float32Array> } };
      return Array.from(await studio.logits(ids));
    }, inputIds);

    const inNode = await logitsInNode(files, inputIds);
    const difference = Math.max(...inNode.map((value, index) => Math.abs(value - (inBrowser[index] ?? Number.NaN))));
    expect(difference).toBeLessThan(1e-4);
  }, 300_000);
});

/** The status of the answer to a request with this Host header, which fetch does not let us choose. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

async function logitsInNode(
  files: Readonly<Record<string, Uint8Array>>,
  inputIds: readonly number[],
): Promise<number[]> {
  await chooseEngine({ order: ["wasm", "cpu"] });
  const tinyModel = createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json");
  const model = await loadModel(openFolder(join(dirname(tinyModel), "model")));
  const config = new TextDecoder().decode(files["adapter_config.json"]);
  const adapter = await readAdapter({ config, weights: files["adapter_model.safetensors"] ?? new Uint8Array() });
  const handle = attachAdapter(model, adapter, { name: "downloaded" });
  try {
    return tf.tidy(() => {
      const ids = tf.tensor2d([...inputIds], [1, inputIds.length], "int32");
      return Array.from(model.forward({ inputIds: ids }, inferenceContext(activeAdapters("downloaded"))).dataSync());
    });
  } finally {
    handle.dispose();
    model.dispose();
  }
}
