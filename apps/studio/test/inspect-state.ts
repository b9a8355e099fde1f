// Checks the page in both colour schemes and at two widths: accessibility, overflow, and a picture.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";

const pictures = join(import.meta.dirname, "../pictures"); // git does not keep them
const widths = [1440, 390];
const schemes = ["light", "dark"] as const;

/** The findings of axe, shortened for a test's failure. */
interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** One line per problem; saves the picture in apps/studio/pictures under the state's name. */
export async function inspectState(page: Page, name: string): Promise<readonly string[]> {
  const before = page.viewportSize();
  const wrong: string[] = [];
  await mkdir(pictures, { recursive: true });
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      const where = `${name}, ${colorScheme}, ${width} px`;
      const scrolled = await settledWidth(page, width);
      if (scrolled > width) {
        wrong.push(`${where}: the page is ${scrolled} pixels wide, as far as ${await widest(page)}`);
      }
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      // After the picture: axe scrolls the elements that it checks.
      wrong.push(...(await violations(page)).map((line) => `${where}: ${line}`));
    }
  }
  if (before !== null) await page.setViewportSize(before);
  return wrong;
}

/** Charts are drawn again shortly after a change of width. */
async function settledWidth(page: Page, width: number): Promise<number> {
  for (let look = 0; look < 10; look++) {
    const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
    if (scrolled <= width) return scrolled;
    await page.waitForTimeout(50);
  }
  return page.evaluate(() => document.documentElement.scrollWidth);
}

/** Elements that overflow, except those that scroll. */
function widest(page: Page): Promise<string> {
  return page.evaluate(() => {
    const scrolls = (element: Element | null): boolean =>
      element !== null &&
      (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const isOut = (element: Element) =>
      element.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !scrolls(element);
    const all = [...document.querySelectorAll("#page *")].filter(isOut);
    return all.map(({ outerHTML }) => outerHTML.slice(0, 120)).join(" … ");
  });
}

async function violations(page: Page): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => "axe" in globalThis);
  if (!isThere) await page.evaluate(axe.source); // the page's policy allows no other script
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
    return (await axe.run()).violations;
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, " ")}`),
  );
}
