// By keyboard alone, without motion, in Korean.

import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import type { BuiltStudio } from "../../test/built-studio.ts";
import { inspectState } from "../../test/inspect-state.ts";
import { openStudioPage, unfold } from "../../test/studio-page.ts";
import { lastAnswers, restaurantRows } from "../../test/taught.ts";
import { withStudio } from "../../test/with-studio.ts";

describe.skipIf(executable === undefined)("the studio for everyone", { timeout: 120_000 }, () => {
  let studio: BuiltStudio;

  withStudio((opened) => {
    studio = opened;
  });

  /** Moves the focus on, as a person does who cannot see the mouse; every stop on the way shows that it has the focus. */
  async function tabTo(page: Page, target: Locator): Promise<void> {
    for (let presses = 0; presses < 150; presses++) {
      await page.keyboard.press("Tab");
      if (await target.evaluate((element) => element === document.activeElement)) return;
      const isSeen = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused === null || focused === document.body || getComputedStyle(focused).outlineStyle !== "none";
      });
      if (!isSeen)
        throw new Error(`no focus is seen on ${await page.evaluate(() => document.activeElement?.outerHTML)}`);
    }
    throw new Error(`150 presses of Tab did not reach ${target}`);
  }

  it("teaches, trains and chats by the keyboard alone", async () => {
    const page = await openStudioPage(studio);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Skip to the content");
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("button", { name: "Paste rows" }));
    await page.keyboard.press("Enter");
    const lines = restaurantRows.map(([prompt, completion]) => JSON.stringify({ prompt, completion }));
    await page.locator(".paste textarea:focus").waitFor(); // the box takes the focus
    await page.keyboard.insertText(lines.join("\n"));
    await tabTo(page, page.getByRole("button", { name: "Add these rows" }));
    await page.keyboard.press("Enter");
    await page.getByText("8 rows to learn").waitFor();
    await tabTo(page, page.locator("#adapt summary").first());
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByLabel("Steps", { exact: true }));
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("6");
    await tabTo(page, page.getByRole("button", { name: "Train", exact: true }));
    await page.keyboard.press("Enter");
    await page.locator(".train-state", { hasText: /^Done: 6 steps/ }).waitFor({ timeout: 60_000 });
    await tabTo(page, page.getByLabel("Your message"));
    await page.keyboard.type("name[Aromi], food[French]");
    await page.keyboard.press("Enter");
    expect((await lastAnswers(page)).adapted).not.toBe("");
    await page.close();
  });

  it("moves nothing if the visitor prefers reduced motion", async () => {
    const page = await openStudioPage(studio);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await unfold(page, "try");
    await page.getByLabel("Your message").fill("name[Aromi]");
    await page.locator("#try").getByRole("button", { name: "Send" }).click();
    await page.locator(".answer.base[aria-busy=true]").waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await page.close();
  });

  it("is a short page with large targets on a phone", async () => {
    const page = await openStudioPage(studio, { viewport: { width: 390, height: 844 } });
    const { height, small } = await page.evaluate(() => {
      const targets = [...document.querySelectorAll("a, button, select, textarea, summary, label, input:not(.unseen)")];
      const boxes = targets
        .filter((each) => each.checkVisibility())
        .map((each) => [each, each.getBoundingClientRect()]);
      return {
        height: document.documentElement.scrollHeight,
        small: (boxes as [Element, DOMRect][])
          .filter(([each, box]) => Math.min(box.width, box.height) < 24 && !each.matches(".skip, .unseen *"))
          .map(([each]) => each.outerHTML),
      };
    });
    expect(height).toBeLessThanOrEqual(2000);
    expect(small).toEqual([]);
    await page.close();
  });

  it("speaks Korean to those whose browser does, and to those who choose it", async () => {
    const page = await studio.newPage({ serviceWorkers: "block", locale: "ko-KR" });
    await page.goto(studio.address);
    await page.getByRole("heading", { name: /써 보기/ }).waitFor();
    expect(await page.getAttribute("html", "lang")).toBe("ko");
    await page.getByText(/준비됐어요/).waitFor({ timeout: 60_000 });
    expect(await inspectState(page, "10-korean")).toEqual([]);
    await page.locator("header select").selectOption("en");
    await page.getByRole("heading", { name: /Try it/ }).waitFor();
    expect(await page.getAttribute("html", "lang")).toBe("en");
    await page.close();
  });
});
