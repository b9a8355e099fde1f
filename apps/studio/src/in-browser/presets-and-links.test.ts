// What is taught with one click, and what travels by a link or a picture, in a real Chromium.

import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import type { BuiltStudio } from "../../test/built-studio.ts";
import { inspectState } from "../../test/inspect-state.ts";
import { openStudioPage, unfold } from "../../test/studio-page.ts";
import { withStudio } from "../../test/with-studio.ts";
import { restaurants } from "../presets/restaurants.ts";

describe.skipIf(executable === undefined)("presets and links", { timeout: 120_000 }, () => {
  let studio: BuiltStudio;
  let page: Page;
  let link: string;

  withStudio(async (opened) => {
    studio = opened;
    page = await openStudioPage(studio);
  });

  it("show what teaching did before anything is taught, an example after the other", async () => {
    const card = page.locator("#presets");
    await card.getByText("Example 1 of 10").waitFor();
    const first = await card.locator(".says").textContent();
    await card.getByRole("button", { name: "Another example" }).click();
    await card.getByText("Example 2 of 10").waitFor();
    expect(await card.locator(".says").textContent()).not.toBe(first);
    expect(await card.getByRole("button", { name: /^Load SmolLM2-135M/ }).isEnabled()).toBe(true);
  });

  it("teach with one click: rows, settings, and a run that starts at once", async () => {
    await page.getByRole("radio", { name: "Restaurants" }).check();
    await page.getByRole("button", { name: "Train it here" }).click();
    await page.locator(".train-state", { hasText: /Step [2-9]/ }).waitFor({ timeout: 60_000 });
    await page.locator(".film .is-newest", { hasText: /Step [1-9]/ }).waitFor({ timeout: 90_000 });
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Train", exact: true }).waitFor();
    await page.getByText(`${restaurants.rows.length} rows to learn`).waitFor();
    await unfold(page, "adapt");
    expect(await page.getByLabel("Steps", { exact: true }).inputValue()).toBe(String(restaurants.training.steps));
    expect(await page.getByLabel("Ask this again during training").inputValue()).toBe(restaurants.watched);
  });

  it("leave as a picture of the prompt before and after", async () => {
    const button = page.getByRole("button", { name: "Download a picture" });
    const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
    const bytes = await readFile(await file.path());
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630]); // of the IHDR chunk
  });

  it("travel by a link, which puts nothing on a server and takes nothing from who opens it", async () => {
    await page.getByRole("button", { name: "Copy the link" }).click();
    link = await page.getByLabel("Link to these rows and settings").inputValue();
    const other = await openStudioPage(studio);
    const says = other.getByLabel("Row 1: when someone says");
    await says.fill("mine");
    await other.evaluate((hash) => {
      location.hash = hash;
    }, new URL(link).hash);
    await other.getByText(`Opened from a link: ${restaurants.rows.length} rows`).waitFor();
    await other.getByText(`${restaurants.rows.length} rows to learn`).waitFor();
    expect(new URL(other.url()).hash).toBe("");
    expect(await other.locator(".opened .after").textContent()).toBe(
      await page.locator(".film .is-newest p").textContent(),
    );
    expect(await inspectState(other, "11-from-a-link")).toEqual([]);
    await other.getByRole("button", { name: "Restore mine" }).click();
    expect(await says.inputValue()).toBe("mine");
    await other.context().close();
  });

  it("report a broken link, and keep the page as it is", async () => {
    await page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      new URL(link).hash.slice(0, 500),
    );
    const alert = page.getByRole("alert").filter({ hasText: "This link is damaged" });
    await alert.waitFor();
    await page.getByText(`${restaurants.rows.length} rows to learn`).waitFor();
    await alert.getByRole("button").click();
    expect(await alert.count()).toBe(0);
  });
});
