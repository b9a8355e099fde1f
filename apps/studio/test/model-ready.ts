// Waiting for the page's top bar.

import type { Page } from "playwright-core";

/** Waits until a model is ready or fails; returns the words on the page. */
export async function topBarSettled(page: Page): Promise<string> {
  const sign = page.locator(
    "#model .top-bar-state > p[role=status], #model [role=alert], .failure, #not-yet button:visible",
  );
  await sign.first().waitFor({ timeout: 60_000 });
  return (await page.locator("#page").textContent()) ?? "";
}
