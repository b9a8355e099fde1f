// Files that others made, of which the page loads what reads them only then.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expectClose, fixturesRoot } from "@lowrank/testing";
import { zipSync } from "fflate";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { logitsInNode } from "../../test/logits-in-node.ts";
import { someFiles } from "../../test/some-adapter.ts";
import { adapterId, chooseModelFiles, logits, openStudioPage } from "../../test/studio-page.ts";
import { tinyWorkerState } from "../../test/tiny-worker-state.ts";
import { withStudio } from "../../test/with-studio.ts";

const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
const inputIds = [5, 60, 200, 31, 77, 9];

describe.skipIf(executable === undefined)("what comes from elsewhere", { timeout: 120_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio);
  });

  it.each([
    ["rows.csv", 'prompt,completion\n"a, b",c\nd,e\n', 2],
    ["rows.tsv", "prompt\tcompletion\na\tb\nc\td\ne\tf\n", 3],
  ])("reads the rows of %s", async (name, content, rows) => {
    const removeAll = page.getByRole("button", { name: "Remove all" });
    if (await removeAll.isVisible()) await removeAll.click();
    const file = { name, mimeType: "", buffer: Buffer.from(content) };
    await page.locator("#teach input[type=file]").setInputFiles(file);
    await page.getByText(`${rows} rows to learn`).waitFor();
  });

  it("takes an adapter whose layers and ranks are named by patterns, and computes with it what Node does", async () => {
    const state = await tinyWorkerState();
    const named = await someFiles(state, {
      name: "patterned",
      seed: 3,
      targetModules: "model\\.layers\\.[02]\\.self_attn\\.(q|v)_proj",
      rankPattern: new Map([["layers\\.0\\..*", 2]]),
    });
    const files = Object.fromEntries(
      [...named].map(([name, content]) => [
        name,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      ]),
    );
    const zip = zipSync(files);
    await page.getByText("Add an adapter", { exact: true }).click();
    const file = { name: "patterned.zip", mimeType: "application/zip", buffer: Buffer.from(zip) };
    await page.getByTestId("adapter-files").setInputFiles(file);
    await page.getByRole("radio", { name: "patterned", exact: true }).waitFor();
    const inBrowser = await logits(page, { inputIds, adapter: await adapterId(page, "patterned") });
    expect(inBrowser).not.toEqual(await logits(page, { inputIds }));
    expectClose(await logitsInNode({ model: tinyModel, zip, inputIds }), inBrowser, 1e-4, "in Node");
  });

  it("opens a model of another family than its own models', and computes with it what Node does", async () => {
    const folder = join(fixturesRoot, "../bases/gpt2-15034c");
    const vocab = Object.fromEntries(Array.from("abcdefghijkl", (letter, id) => [letter, id]));
    const files = [
      ...["config.json", "model.safetensors"].map(async (name) => ({
        name,
        buffer: await readFile(join(folder, name)),
      })),
      { name: "tokenizer.json", buffer: Buffer.from(JSON.stringify({ model: { type: "BPE", vocab, merges: [] } })) },
    ];
    await chooseModelFiles(
      page,
      (await Promise.all(files)).map((file) => ({ ...file, mimeType: "" })),
    );
    await page.getByText("model.safetensors is ready.").waitFor();
    const ids = [5, 6, 20, 31, 7, 9];
    expectClose(
      await logitsInNode({ model: folder, inputIds: ids }),
      await logits(page, { inputIds: ids }),
      1e-4,
      "Node",
    );
  });
});
