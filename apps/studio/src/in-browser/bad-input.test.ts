// What bad input gets: plain words beside the field, and everything else as it was.

import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { type BuiltStudio, openBuiltStudio } from "../../test/built-studio.ts";
import { inspectState } from "../../test/inspect-state.ts";
import { openStudioPage, unfold } from "../../test/studio-page.ts";

const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
const modelFiles = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

describe.skipIf(executable === undefined)("bad input", { timeout: 120_000 }, () => {
  let studio: BuiltStudio;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-bad-input-"));
    studio = await openBuiltStudio();
    page = await openStudioPage(studio);
  }, 120_000);
  afterAll(async () => {
    await studio?.close();
    await rm(folder, { recursive: true });
  });

  /** A file in a folder of the test's own. */
  async function file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  async function dropModel(paths: readonly string[]): Promise<string> {
    await unfold(page, "model");
    await page.getByRole("radio", { name: "Your own" }).check();
    await page.getByTestId("model-files").setInputFiles([...paths]);
    const alert = page.locator("#model [role=alert]");
    const load = page.getByRole("button", { name: "Load it" });
    await alert.or(load).first().waitFor();
    if (!(await alert.isVisible())) await load.click();
    await alert.waitFor({ timeout: 30_000 });
    const words = (await alert.textContent()) ?? "";
    await alert.getByRole("button", { name: "Not now" }).click();
    return words;
  }

  const models: readonly (readonly [string, () => Promise<readonly string[]>, RegExp])[] = [
    [
      "weights that were cut off",
      async () => {
        const whole = await readFile(join(tinyModel, "model.safetensors"));
        const cut = await file("model.safetensors", whole.subarray(0, whole.length / 2));
        return [cut, ...modelFiles.filter((name) => name !== "model.safetensors").map((name) => join(tinyModel, name))];
      },
      /model\.safetensors/,
    ],
    [
      "a model without its tokenizer",
      async () => [join(tinyModel, "config.json"), join(tinyModel, "model.safetensors")],
      /tokenizer/,
    ],
    [
      "4 GB dropped by accident",
      async () => {
        const shape = [2000, 1_000_000];
        const header = JSON.stringify({ "lm_head.weight": { dtype: "F16", shape, data_offsets: [0, 4e9] } });
        const start = Buffer.alloc(8);
        start.writeBigUInt64LE(BigInt(header.length));
        const path = await file("model.safetensors", Buffer.concat([start, Buffer.from(header)]));
        await truncate(path, 8 + header.length + 4e9); // a hole, which takes no room on the disk
        return [path, join(tinyModel, "config.json"), join(tinyModel, "tokenizer.json")];
      },
      /needs about \d+ MB of memory to be trained, and this tab may have about \d+ MB/,
    ],
  ];

  it.each(models)("reports what is wrong with %s, and keeps the previous model", async (_, files, words) => {
    expect(await dropModel(await files())).toMatch(words);
    await page.getByText("Tiny is ready.").waitFor();
  });

  async function dropRows(path: string): Promise<string> {
    await page.locator("#teach input[type=file]").setInputFiles(path);
    const alert = page.locator("#teach [role=alert]");
    await alert.waitFor();
    return (await alert.textContent()) ?? "";
  }

  it.each([
    ["broken.jsonl", '{"prompt": "a"}\n{"prompt": ', /line 1.*line 2/s],
    ["picture.csv", "\u0000\u0001\u0002\xff", /./],
    ["empty.jsonl", "", /empty|no rows|nothing/i],
  ])("reports what is wrong with the rows of %s, and adds none of them", async (name, content, words) => {
    expect(await dropRows(await file(name, content))).toMatch(words);
    const fields = page.locator("#teach .rows textarea");
    expect(await fields.evaluateAll((all) => all.map((field) => (field as HTMLTextAreaElement).value).join(""))).toBe(
      "",
    );
  });

  it("adds the good rows of a file, reports the others, and adds them once they are corrected", async () => {
    const path = await file("partly.jsonl", '{"prompt": "a", "completion": "b"}\n{"prompt": ');
    await page.locator("#teach input[type=file]").setInputFiles(path);
    await page.getByText(/The other rows were added\..*line 2/s).waitFor();
    expect(await page.getByLabel("Row 1: when someone says").inputValue()).toBe("a");
    await page.getByRole("button", { name: "Correct them here" }).click();
    const box = page.locator(".paste textarea");
    expect(await box.inputValue()).toBe('{"prompt": ');
    await box.fill('{"prompt": "c", "completion": "d"}');
    await page.getByRole("button", { name: "Add these rows" }).click();
    await box.waitFor({ state: "detached" });
    expect(await page.getByLabel("Row 2: when someone says").inputValue()).toBe("c");
    expect(await page.getByText("The other rows were added.").count()).toBe(0);
    await page.getByRole("button", { name: "Remove all" }).click();
  });

  it("marks a row without an answer, in its row", async () => {
    await page.getByLabel("Row 1: when someone says").fill("What is it?");
    await page.getByText("Write what it should answer.").waitFor();
    expect(await page.getByLabel("Row 1: it should answer").getAttribute("aria-invalid")).toBe("true");
    expect(await inspectState(page, "8-bad-input")).toEqual([]);
  });

  it("counts a message that is too long while it is typed, and sends it nowhere", async () => {
    await unfold(page, "try");
    await page.getByLabel("Your message").fill("fox ".repeat(700));
    await page.getByText(/this model reads at most \d+/).waitFor();
    expect(await page.locator("#try").getByRole("button", { name: "Send" }).isEnabled()).toBe(false);
  });
});
