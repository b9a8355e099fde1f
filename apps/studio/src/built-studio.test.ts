// The studio as it is published, in a real Chromium: from any folder of a server, and what it says when files are missing.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executable } from "./testing/browser.ts";
import { type BuiltStudio, openBuiltStudio, settled } from "./testing/built-studio.ts";

describe.skipIf(executable === undefined)("the built studio", () => {
  let studio: BuiltStudio;

  beforeAll(async () => {
    studio = await openBuiltStudio();
  }, 120_000);

  afterAll(() => studio?.close());

  it("loads from a folder below the server's root, asks no other address and reports no error", async () => {
    const page = await studio.newPage();
    await page.goto(studio.address);
    await settled(page, "idle", "broken");
    expect(await page.textContent("#engine")).toMatch(/^4\.\d M parameters on /);
    expect(await page.isVisible("#failure")).toBe(false);
    expect(studio.complaints).toEqual([]);
    await page.close();
  }, 120_000);

  it("needs no network once it has loaded", async () => {
    const page = await studio.newPage();
    await page.goto(studio.address);
    await settled(page, "idle");
    await page.context().setOffline(true);
    await page.fill("#steps", "1");
    await page.click("#train");
    await settled(page, "trained");
    await page.click("#answer");
    await expect.poll(() => page.textContent("#adapted-answer"), { timeout: 60_000 }).not.toMatch(/^(–|…)$/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
    expect(download.suggestedFilename()).toBe("lowrank-adapter.zip");
    expect(await page.isVisible("#failure")).toBe(false);
    await page.close();
    expect(studio.complaints).toEqual([]);
  }, 120_000);

  it.each([
    ["e2e/e2e-devset.csv", /Cannot read the sample http.*e2e-devset\.csv: the server answered 404\. Expected .*CSV/],
    ["tiny-model/model.safetensors", /Cannot read "model\.safetensors" of the model "http/],
    ["assets/worker-*.js", /The worker's script could not be loaded\./],
  ])(
    "names %s where it is missing, and offers nothing that cannot work",
    async (file, words) => {
      const page = await studio.newPage();
      await page.route(`**/${file}`, (route) => route.fulfill({ status: 404 }));
      await page.goto(studio.address);
      await settled(page, "idle", "broken");
      expect(await page.textContent("#failure")).toMatch(words);
      expect(await page.textContent("#failure")).toContain("Reload the page to try again.");
      expect(await page.textContent("#engine")).toBe("The model did not load.");
      expect(await page.isEnabled("#train")).toBe(false);
      await page.close();
    },
    60_000,
  );

  it("says why it computes slowly where only the slowest engine starts", async () => {
    const page = await studio.newPage();
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await page.goto(studio.address);
    await settled(page, "idle", "broken");
    expect(await page.textContent("#engine")).toMatch(/on cpu, which is slow\..* wasm: /);
    await page.close();
  }, 60_000);

  it("loads in a page that its server isolates, where threads could start", async () => {
    const page = await studio.newPage();
    await page.route("**/*", async (route) => {
      const response = await route.fetch();
      const isolating = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
      await route.fulfill({ response, headers: { ...response.headers(), ...isolating } });
    });
    await page.goto(studio.address);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await settled(page, "idle", "broken")).toBe("idle");
    expect(await page.textContent("#engine")).toMatch(/on wasm$/);
    await page.close();
    expect(studio.complaints).toEqual([]);
  }, 120_000);

  it("answers with 404 for a file that is not there", async () => {
    const response = await fetch(new URL("tiny-model/nothing.json", studio.address));
    expect(response.status).toBe(404);
  });
});
