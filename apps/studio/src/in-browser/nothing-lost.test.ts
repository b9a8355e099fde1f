// Rows, adapters and runs survive a reload in the middle of a run, a missing network and a missing disk.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import type { BuiltStudio } from "../../test/built-studio.ts";
import { inspectState } from "../../test/inspect-state.ts";
import { adapterId, ask, openStudioPage, ready, storedDigest, unfold } from "../../test/studio-page.ts";
import { prepareLesson, restaurantRows, say, train } from "../../test/taught.ts";
import { withStudio } from "../../test/with-studio.ts";

const steps = 30;

describe.skipIf(executable === undefined)("nothing is ever lost", { timeout: 120_000 }, () => {
  let studio: BuiltStudio;
  let page: Page;

  withStudio(async (opened) => {
    studio = opened;
    page = await openStudioPage(studio);
  });

  async function digestOf(name: string): Promise<string> {
    return storedDigest(page, `adapters/${await adapterId(page, name)}/adapter_model.safetensors`);
  }

  it("resumes a run after a reload, with the same bytes as a run without one", async () => {
    await prepareLesson(page, { rows: restaurantRows, steps, name: "whole", watched: "name[Aromi]" });
    await train(page);
    await page.getByLabel("Name of the adapter", { exact: true }).fill("broken");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page
      .locator("#train")
      .getByText(/^Step ([8-9]|1\d) of 30/)
      .waitFor({ timeout: 60_000 });
    await page.reload();
    await ready(page);
    await page.getByText(/“broken” was interrupted. It is saved up to step \d+ of 30/).waitFor();
    expect(await inspectState(page, "7-unfinished")).toEqual([]);
    await page.getByRole("button", { name: /^Continue at step \d+/ }).click();
    await page.locator("#train").getByText(`Done: ${steps} steps`).waitFor({ timeout: 60_000 });
    expect(await digestOf("broken")).toBe(await digestOf("whole"));
  });

  it("brings back rows, settings, adapters and the conversation", async () => {
    await say(page, "name[Aromi], food[French]");
    const { adapted } = await say(page, "name[Cotto], food[Italian]");
    await page.waitForTimeout(800); // typed text is saved a moment later
    await page.reload();
    await ready(page);
    await page.getByText("8 rows to learn").waitFor();
    await unfold(page, "adapt");
    expect(await page.getByLabel("Steps", { exact: true }).inputValue()).toBe(String(steps));
    expect(await page.locator(".conversation li:last-child .answer.adapted p").textContent()).toBe(adapted);
    expect((await ask(page, "shelf", undefined)).map(({ name }) => name).sort()).toEqual(["broken", "whole"]);
  });

  it("warns in a second tab, until the first is closed", async () => {
    const notice = (tab: Page) => tab.getByText("This page is open in another tab, too.");
    const second = await page.context().newPage();
    await second.goto(page.url());
    await notice(second).waitFor();
    expect(await notice(page).count()).toBe(0);
    await page.close();
    await notice(second).waitFor({ state: "detached" });
    page = second;
  });

  it("reports a browser without storage, and works all the same", async () => {
    const other = await studio.newPage({ serviceWorkers: "block" });
    await other.addInitScript(() => {
      navigator.storage.getDirectory = () => Promise.reject(new DOMException("refused", "SecurityError"));
    });
    await other.goto(page.url());
    await ready(other);
    await other.getByText(/The browser does not allow this page to save anything/).waitFor();
    await prepareLesson(other, { rows: restaurantRows, steps: 2, name: "gone" });
    await train(other);
    await other.close();
  });
});
