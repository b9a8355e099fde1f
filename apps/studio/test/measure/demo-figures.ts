// The first example as a visitor sees it: the seconds from the click to an answer that changed, and to one in the new voice.

import type { Page } from "playwright-core";
import { ready } from "../studio-page.ts";

export interface DemoFigures {
  /** Seconds until the first characters of an answer that is not the base's. */
  readonly firstChange: number;
  /** Seconds until an answer begins as a pirate's does. */
  readonly success: number;
  /** The step of that answer. */
  readonly step: number;
}

/** SmolLM2 is on the page's disk (`keepSmollm2`). The run continues afterwards. */
export async function measureDemo(page: Page): Promise<DemoFigures> {
  await ready(page);
  const newest = page.locator(".film .is-newest");
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  await page.locator("#presets button.main").click();
  const timeout = 280_000;
  // In turns: the page's policy forbids the program of waitForFunction.
  while (!(await isChanged(page)) && seconds() < timeout / 1000) await page.waitForTimeout(50);
  const firstChange = seconds();
  await newest.locator("p", { hasText: /^arr\b/i }).waitFor({ timeout });
  const success = seconds();
  return { firstChange, success, step: Number(/\d+/.exec((await newest.textContent()) ?? "")) };
}

/** Whether the adapted model's answer does not begin as the base's does. */
function isChanged(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const [base, adapted] = [...document.querySelectorAll(".film-sides p")].map(({ textContent }) => textContent ?? "");
    return adapted !== undefined && adapted.trim() !== "" && !base?.startsWith(adapted);
  });
}
