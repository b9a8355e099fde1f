// The studio in a person's hands: one run after another, wrong inputs, the keyboard, a telephone's width.

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { executable } from "./testing/browser.ts";
import { type BuiltStudio, openBuiltStudio, settled } from "./testing/built-studio.ts";

interface ConsoleTools {
  logits(inputIds: readonly number[]): Promise<Float32Array>;
  memory(): Promise<{ readonly tensors: number; readonly bytes: number }>;
}

describe.skipIf(executable === undefined)("the studio in use", () => {
  let studio: BuiltStudio;
  let page: Page;

  beforeAll(async () => {
    studio = await openBuiltStudio();
    page = await openPage();
  }, 120_000);
  afterAll(() => studio?.close());

  beforeEach(async () => {
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.fill("#steps", "2");
    await page.fill("#rank", "2");
    await page.fill("#learning-rate", "0.003");
    await page.fill("#prompt", "name[Aromi]");
  });
  afterEach(() => expect(studio.complaints).toEqual([]));

  async function openPage(): Promise<Page> {
    const opened = await studio.newPage();
    await opened.goto(studio.address);
    await settled(opened, "idle");
    return opened;
  }
  async function train(): Promise<void> {
    await page.click("#train");
    await settled(page, "trained");
  }
  function logits(inputIds: readonly number[]): Promise<number[]> {
    return page.evaluate(async (ids) => {
      const { studio } = globalThis as unknown as { studio: ConsoleTools };
      return Array.from((await studio.logits(ids)).slice(0, 8));
    }, inputIds);
  }
  function tensors(): Promise<number> {
    return page.evaluate(async () => {
      const { studio } = globalThis as unknown as { studio: ConsoleTools };
      return (await studio.memory()).tensors;
    });
  }

  it("starts a second run afresh: the same figures from the same seed, no more tensors, no line left over", async () => {
    await train();
    const first = { logits: await logits([5, 6]), tensors: await tensors() };
    await page.click("#train");
    expect(await page.textContent("#progress")).toBe("");
    await settled(page, "trained");
    expect({ logits: await logits([5, 6]), tensors: await tensors() }).toEqual(first);
    expect(await page.textContent("#validation")).toMatch(
      /^Validation loss before training: \d\.\d+\. After: \d\.\d+\.$/,
    );
    expect(await page.getAttribute("#chart", "aria-label")).toMatch(/step: \d\.\d+ at step 1, \d\.\d+ at step 2$/);
    expect(await page.textContent("#announcement")).toContain("Training has ended. Step 2 of 2");
  }, 120_000);

  it("keeps the adapter where the next run fails or is stopped before its first step", async () => {
    await train();
    const kept = { logits: await logits([5, 6]), tensors: await tensors() };
    await page.fill("#learning-rate", "0");
    await page.locator("#settings").evaluate((form: HTMLFormElement) => form.setAttribute("novalidate", ""));
    await train();
    await page.locator("#settings").evaluate((form: HTMLFormElement) => form.removeAttribute("novalidate"));
    await expect.poll(() => page.textContent("#failure")).toContain("learningRate: expected a number above 0, got 0");
    expect(await page.textContent("#failure")).toContain("The adapter of the run before is still here.");
    await page.fill("#learning-rate", "0.003");
    await page.evaluate(() => {
      document.getElementById("train")?.click();
      document.getElementById("stop")?.click();
    });
    await settled(page, "trained");
    expect(await page.textContent("#progress")).toContain("Stopped before the first step");
    expect({ logits: await logits([5, 6]), tensors: await tensors() }).toEqual(kept);
  }, 120_000);

  it("takes no settings that cannot train, and no prompt without facts", async () => {
    await page.fill("#learning-rate", "0");
    await page.click("#train");
    expect(await page.getAttribute("body", "data-state")).toMatch(/^(idle|trained)$/);
    await page.fill("#prompt", "  ");
    await page.click("#answer");
    expect(await page.getAttribute("body", "data-state")).toMatch(/^(idle|trained)$/);
    const message = await page.locator("#prompt").evaluate((field: HTMLTextAreaElement) => field.validationMessage);
    expect(message).toMatch(/Write some facts/);
  });

  it("shows a failure where it is seen, leaves no answer waiting, and takes it away with the next try", async () => {
    await page.fill("#prompt", "🦊".repeat(200));
    await page.click("#answer");
    await page.waitForSelector("#failure:not([hidden])");
    expect(await page.textContent("#failure")).toMatch(/the model has 512/);
    expect(await page.textContent("#base-answer")).toBe("–");
    const box = await page.locator("#failure").boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect(box?.y).toBeLessThan(page.viewportSize()?.height ?? 0);
    await page.fill("#prompt", "name[Aromi]");
    await page.click("#answer");
    await expect.poll(() => page.textContent("#base-answer"), { timeout: 30_000 }).not.toMatch(/^(–|…)$/);
    expect(await page.isVisible("#failure")).toBe(false);
  }, 60_000);

  it("rejects what is asked from the console in vain, and shows the page nothing of it", async () => {
    await expect(logits([99_999_999])).rejects.toThrow(/99999999 is outside 0 to 4095/);
    expect(await page.isVisible("#failure")).toBe(false);
  });

  it("keeps the keyboard's focus on a button that acts", async () => {
    const focus = () => page.evaluate(() => document.activeElement?.id);
    await page.focus("#train");
    await page.keyboard.press("Enter");
    expect(await focus()).toBe("stop");
    await settled(page, "trained");
    expect(await focus()).toBe("train");
    await page.focus("#answer");
    await page.keyboard.press("Enter");
    await expect.poll(focus, { timeout: 30_000 }).toBe("answer");
  }, 60_000);

  it("asks before a tab with an unsaved adapter is closed, and no more once it is saved", async () => {
    const tab = await openPage();
    await tab.fill("#steps", "1");
    await tab.click("#train");
    await settled(tab, "trained");
    const asked = tab.waitForEvent("dialog");
    await tab.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await Promise.all([tab.waitForEvent("download"), tab.click("#download")]);
    await Promise.all([tab.waitForEvent("close"), tab.close({ runBeforeUnload: true })]);
  }, 60_000);

  it.each([390, 320])("fits a width of %i pixels, also after a wider one", async (width) => {
    await page.setViewportSize({ width, height: 700 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });

  it.each(["light", "dark"] as const)(
    "bounds its fields with a line that is seen in the %s scheme",
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      const [line, card] = await page.evaluate(() => [
        getComputedStyle(document.querySelector("#rank") as Element).borderTopColor,
        getComputedStyle(document.querySelector(".card") as Element).backgroundColor,
      ]);
      expect(contrast(line ?? "", card ?? "")).toBeGreaterThan(3); // WCAG 2.2, 1.4.11
    },
  );

  it("draws the chart anew in the colours of the other scheme", async () => {
    const picture = () => page.locator("#chart canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await page.emulateMedia({ colorScheme: "light" });
    const light = await picture();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(picture).not.toBe(light);
  });
});

/** How far two colours of the form "rgb(1, 2, 3)" are apart, from 1 to 21 (WCAG 2.2, contrast ratio). */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
