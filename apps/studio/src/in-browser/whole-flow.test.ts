// The studio as a person uses it, from an empty table to an adapter on their disk, in a real Chromium.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expectClose } from "@lowrank/testing";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { inspectState } from "../../test/inspect-state.ts";
import { logitsInNode } from "../../test/logits-in-node.ts";
import { logitsInPeft } from "../../test/logits-in-peft.ts";
import { pythonWithPeft } from "../../test/prepared.ts";
import { adapterId, ask, downloadAdapter, logits, openStudioPage } from "../../test/studio-page.ts";
import { lastAnswers, prepareLesson, restaurantRows, say, train } from "../../test/taught.ts";
import { withStudio } from "../../test/with-studio.ts";

const tinyModel = join(dirname(createRequire(import.meta.url).resolve("@lowrank/tiny-model/package.json")), "model");
const question = "name[Wildwood], food[Italian], area[riverside]";
const inputIds = [5, 60, 200, 31, 77, 9];

describe.skipIf(executable === undefined)("the whole flow on the tiny model", { timeout: 120_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio);
  });

  it("shows what it is about before anything is taught", async () => {
    expect(await inspectState(page, "1-ready")).toEqual([]);
  });

  it("learns eight rows, answering the same question on the way", async () => {
    await prepareLesson(page, { rows: restaurantRows, steps: 24, name: "Places", watched: question });
    expect(await inspectState(page, "2-prepared")).toEqual([]);
    await train(page);
    expect(await page.locator(".train-state").textContent()).toMatch(/^Done: 24 steps/);
    const newest = page.locator(".film .is-newest");
    expect(await newest.textContent()).toContain("Step 24");
    expect(await newest.locator("mark").count()).toBeGreaterThan(0); // words that the base did not write
    expect(await newest.evaluate((element) => element.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    await page.getByLabel("Which step’s answer to show").fill("0");
    expect(await newest.textContent()).toContain("Step 1");
    expect(await inspectState(page, "3-trained")).toEqual([]);
  });

  it("answers side by side, with the words marked that it learned", async () => {
    const { base, adapted } = await say(page, question);
    expect(adapted).toContain("Wildwood is");
    expect(base).not.toBe(adapted);
    await page.locator(".answer.adapted mark").first().waitFor({ timeout: 30_000 });
    expect(await inspectState(page, "4-answered")).toEqual([]);
  });

  it("is the base exactly at strength 0, in words and in numbers", async () => {
    await page.getByLabel("Strength", { exact: true }).fill("0");
    await page.getByText("strength 0").waitFor();
    const { base, adapted } = await lastAnswers(page);
    expect(adapted).toBe(base);
    const adapter = await adapterId(page, "Places");
    const without = await logits(page, { inputIds });
    expect(await logits(page, { inputIds, adapter, strength: 0 })).toEqual(without);
    expect(await logits(page, { inputIds, adapter, strength: 1 })).not.toEqual(without);
    await page.getByLabel("Strength", { exact: true }).fill("1");
    await page.locator(".answer.adapted h3", { hasText: /^With “Places”$/ }).waitFor();
    await lastAnswers(page);
    await page.locator(".vote").last().getByRole("button", { name: "With what you taught" }).click();
    await page.getByText("for what you taught.", { exact: false }).waitFor();
    expect(await inspectState(page, "4-voted")).toEqual([]);
  });

  it("hands out an adapter with equal logits in Node and in PEFT", async () => {
    const zip = await downloadAdapter(page);
    const inBrowser = await logits(page, { inputIds, adapter: await adapterId(page, "Places") });
    const adapter = { model: tinyModel, zip, inputIds };
    expectClose(await logitsInNode(adapter), inBrowser, 1e-4, "logits in Node");
    if (pythonWithPeft === undefined) return;
    expectClose(await logitsInPeft(pythonWithPeft, adapter), inBrowser, 1e-4, "logits in PEFT");
  });

  it("takes a second run as calmly as the first: as many tensors, and both adapters on the shelf", async () => {
    const { tensors } = await ask(page, "memory", undefined);
    await page.getByLabel("Name of the adapter", { exact: true }).fill("Places again");
    await page.getByLabel("Seed – the same seed gives the same run").fill("2");
    await train(page);
    const perAdapter = (await ask(page, "memory", undefined)).tensors - tensors;
    await page.getByLabel("Name of the adapter", { exact: true }).fill("Places, a third time");
    await train(page);
    expect((await ask(page, "memory", undefined)).tensors - tensors).toBeLessThanOrEqual(2 * Math.max(0, perAdapter));
    const names = (await ask(page, "shelf", undefined)).map(({ name }) => name);
    expect(names.sort()).toEqual(["Places", "Places again", "Places, a third time"]);
  });

  it("mixes two into a third, which is their weighted sum", async () => {
    await page.getByText("Mix two").click();
    await page.locator(".mix-choices select").first().selectOption({ label: "Places" });
    await page.locator(".mix-choices select").last().selectOption({ label: "Places again" });
    await page.getByLabel("How much of the second").fill("0");
    await page.getByRole("button", { name: "Mix them" }).click();
    await page.getByRole("radio", { name: "Places + Places again", exact: true }).waitFor();
    const mixed = await logits(page, { inputIds, adapter: await adapterId(page, "Places + Places again") });
    expectClose(
      mixed,
      await logits(page, { inputIds, adapter: await adapterId(page, "Places") }),
      1e-4,
      "all of the first",
    );
  });

  it("deletes an adapter, and brings it back", async () => {
    await page.getByRole("button", { name: "Delete Places again" }).click();
    await page.getByText("“Places again” is deleted.").waitFor();
    expect((await ask(page, "shelf", undefined)).map(({ name }) => name)).not.toContain("Places again");
    await page.locator("#shelf").getByRole("button", { name: "Undo" }).click();
    await page.getByRole("radio", { name: "Places again", exact: true }).waitFor();
  });

  it("takes the adapter back in that it handed out", async () => {
    await page.getByRole("radio", { name: "Places", exact: true }).check();
    const zip = await downloadAdapter(page);
    await page.getByText("Add an adapter").click();
    const file = { name: "carried-home.zip", mimeType: "application/zip", buffer: Buffer.from(zip) };
    await page.getByTestId("adapter-files").setInputFiles(file);
    await page.getByRole("radio", { name: "carried-home", exact: true }).waitFor();
    const carried = await logits(page, { inputIds, adapter: await adapterId(page, "carried-home") });
    expect(carried).toEqual(await logits(page, { inputIds, adapter: await adapterId(page, "Places") }));
  });

  it("shows an adapter from inside, and how alike two are", async () => {
    const look = page.locator("#look");
    await look.getByRole("button", { name: "Show what changed" }).click();
    await look.locator("table [data-site]").first().click();
    await look.getByText(/Rank 8, of which \d+ matters?/).waitFor();
    await look.getByLabel("Compare with").selectOption({ label: "Places again" });
    await look
      .getByText(/of the directions that they read/)
      .first()
      .waitFor({ timeout: 30_000 });
    expect(await inspectState(page, "5-inside")).toEqual([]);
  });
});
