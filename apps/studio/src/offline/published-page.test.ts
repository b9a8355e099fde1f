// The page as it is published: without a network, isolated by its own service worker, in threads, and with parts missing.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { type BuiltStudio, openBuiltStudio } from "../../test/built-studio.ts";
import { topBarSettled } from "../../test/model-ready.ts";
import { smollm2Gguf } from "../../test/prepared.ts";
import { chooseEngine, openStudioPage, unfold } from "../../test/studio-page.ts";

describe.skipIf(executable === undefined)("the published page", () => {
  let studio: BuiltStudio;

  beforeAll(async () => {
    studio = await openBuiltStudio();
  }, 120_000);

  afterAll(() => studio?.close());

  /** A tab without a service worker, so that tests can stand in for the server. */
  const plainPage = () => studio.newPage({ serviceWorkers: "block" });

  it("loads from a subfolder of the server, requests no other address and reports no error", async () => {
    const page = await plainPage();
    await page.goto(studio.address);
    expect(await topBarSettled(page)).toContain("Tiny is ready.");
    await page.close();
    expect(studio.complaints).toEqual([]);
  }, 90_000);

  it("runs no script that was not built with it, and reaches no address but the Hub's", async () => {
    const page = await plainPage();
    await page.goto(studio.address);
    await topBarSettled(page);
    const ran = await page.evaluate(async () => {
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.head.append(script);
      const reached = await fetch("https://example.com", { mode: "no-cors" }).then(
        () => true,
        () => false,
      );
      return [Reflect.get(globalThis, "ran"), reached];
    });
    expect(ran).toEqual([undefined, false]);
    await page.close();
    expect(studio.complaints.splice(0).filter((each) => !/Content Security Policy/.test(each))).toEqual([]);
  }, 90_000);

  it("keeps to its folder: its service worker's scope, its manifest and all listed files are in it, and others are a 404", async () => {
    const page = await studio.newPage();
    await page.goto(studio.address);
    expect(new URL(studio.address).pathname).toBe("/lowrank/");
    const scope = page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    expect(await scope).toBe(studio.address);
    const manifest = new URL((await page.getAttribute("link[rel=manifest]", "href")) ?? "", studio.address);
    const { start_url: start, scope: installed, icons } = await (await fetch(manifest)).json();
    expect([start, installed].map((each) => new URL(each, manifest).href)).toEqual([studio.address, studio.address]);
    const named = await page
      .locator("[href], [src]")
      .evaluateAll((all) => all.map((each) => Reflect.get(each, "href") ?? Reflect.get(each, "src")));
    const files = [...named, ...icons.map(({ src }: { src: string }) => new URL(src, manifest).href)];
    expect(files.filter((file) => !file.startsWith(studio.address))).toEqual([]);
    expect(await Promise.all(files.map(async (file) => (await fetch(file)).status))).toEqual(files.map(() => 200));
    expect((await fetch(new URL("no-such-file.js", studio.address))).status).toBe(404);
    await page.close();
  }, 90_000);

  it("is isolated from its second visit on, and needs no network then", async () => {
    const page = await studio.newPage();
    await page.goto(studio.address);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      while (navigator.serviceWorker.controller === null) await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await page.context().setOffline(true);
    await page.reload();
    expect(await topBarSettled(page)).toContain("Tiny is ready.");
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.close();
    expect(studio.complaints).toEqual([]);
  }, 120_000);

  it("computes in half the cores of a device where its server isolates it", async () => {
    const page = await openStudioPage(studio, { isolated: true, cores: 4 });
    expect(await page.locator(".engine").textContent()).toContain("2 threads");
    await page.close();
  }, 90_000);

  it.each([
    ["assets/studio-*.js", "A part of the page could not be loaded"],
    ["assets/studio-worker-*.js", "The worker's script could not be loaded."],
    ["tiny-model/model.safetensors", "were not downloaded correctly"],
  ])(
    "reports that %s is missing",
    async (file, words) => {
      const page = await plainPage();
      await page.route(`**/${file}`, (route) => route.fulfill({ status: 404 }));
      await page.goto(studio.address);
      await expect.poll(() => page.locator("#page").textContent(), { timeout: 30_000 }).toContain(words);
      await page.close();
    },
    60_000,
  );

  it("loads a missing file when the visitor tries again", async () => {
    const page = await plainPage();
    await page.route("**/tiny-model/tokenizer.json", (route) => route.fulfill({ status: 503 }), { times: 1 });
    await page.goto(studio.address);
    expect(await topBarSettled(page)).toContain("were not downloaded correctly");
    await tryAgain(page);
    expect(await topBarSettled(page)).toContain("Tiny is ready.");
    await page.close();
  }, 60_000);

  it("computes slowly rather than not at all if the wasm files are missing, and explains why", async () => {
    const page = await plainPage();
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await page.goto(studio.address);
    await topBarSettled(page);
    expect(await page.locator("#model select").inputValue()).toBe("cpu");
    await unfold(page, "model");
    await page.locator(".engine summary").click();
    expect(await page.locator(".engine").textContent()).toMatch(
      /WebAssembly\) is not used: its \.wasm files could not/,
    );
    await page.close();
  }, 60_000);

  it("keeps its engine if the chosen one does not start", async () => {
    const page = await plainPage();
    await page.goto(studio.address);
    await topBarSettled(page);
    await chooseEngine(page, "webgpu");
    await expect
      .poll(() => page.locator("#model [role=alert]").textContent())
      .toContain("This engine does not start here");
    expect(await page.locator("#model select").inputValue()).toBe("wasm");
    expect(await page.locator("#page").textContent()).toContain("Tiny is ready.");
    await chooseEngine(page, "cpu");
    await expect.poll(() => page.locator("#model select").inputValue()).toBe("cpu");
    expect(await topBarSettled(page)).toContain("Tiny is ready.");
    await page.close();
  }, 90_000);

  it.skipIf(smollm2Gguf === undefined)(
    "fetches SmolLM2 once, and has it on the next visit without the Hub",
    async () => {
      const page = await plainPage();
      const requests: string[] = [];
      const files = await serveFile(smollm2Gguf as string);
      await page.route("https://huggingface.co/**", (route) => {
        requests.push(route.request().url());
        // As the Hub does: elsewhere lies the file itself.
        return route.fulfill({ status: 302, headers: { location: files.address, "access-control-allow-origin": "*" } });
      });
      await page.goto(studio.address);
      await topBarSettled(page);
      await unfold(page, "model");
      await page.getByRole("radio", { name: /SmolLM2/ }).check();
      await expect
        .poll(() => page.locator(".candidate").textContent())
        .toMatch(/135M parameters · 98 MB to read · about/);
      await page.getByRole("button", { name: "Load it" }).click();
      const bar = page.locator("#model");
      await expect.poll(() => bar.textContent(), { timeout: 90_000 }).toContain("SmolLM2-135M-Instruct is ready.");
      await page.reload();
      await expect.poll(() => bar.textContent(), { timeout: 90_000 }).toContain("SmolLM2-135M-Instruct is ready.");
      expect(requests).toHaveLength(1);
      await page.close();
      files.close();
    },
    240_000,
  );

  it("reports a missing network if the Hub cannot be reached, and keeps the model", async () => {
    const page = await plainPage();
    await page.route("https://huggingface.co/**", (route) => route.abort("internetdisconnected"));
    await page.goto(studio.address);
    await topBarSettled(page);
    await unfold(page, "model");
    await page.getByRole("radio", { name: /SmolLM2/ }).check();
    await page.getByRole("button", { name: "Load it" }).click();
    await expect.poll(() => page.locator("#model [role=alert]").textContent()).toContain("There is no network");
    expect(await page.locator("#model").textContent()).toContain("Tiny is ready.");
    await page.close();
  }, 60_000);

  it.each([
    [[{ name: "photo.jpg", text: "x" }], '"photo.jpg" is no model'],
    [[{ name: "model.gguf", text: "not GGUF at all" }], "model.gguf"],
    [[{ name: "adapter_config.json", text: "{}" }], "drop it under"],
    [
      [
        { name: "config.json", text: "{" },
        { name: "model.safetensors", text: "x" },
      ],
      "config.json",
    ],
  ])(
    "explains next to the field why %j cannot be opened, and keeps the model",
    async (files, words) => {
      const page = await plainPage();
      await page.goto(studio.address);
      await topBarSettled(page);
      await unfold(page, "model");
      await page.getByRole("radio", { name: /Your own/ }).check();
      const chosen = files.map(({ name, text }) => ({ name, mimeType: "", buffer: Buffer.from(text) }));
      await page.getByTestId("model-files").setInputFiles(chosen);
      await expect.poll(() => page.locator("#model [role=alert]").textContent()).toContain(words);
      expect(await page.locator("#model").textContent()).toContain("Tiny is ready.");
      await page.close();
    },
    60_000,
  );
});

/** A server of one file, for any page. */
async function serveFile(path: string): Promise<{ readonly address: string; close(): void }> {
  const server = createServer((_, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

async function tryAgain(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator("#model [role=alert]").waitFor({ state: "detached" });
}
