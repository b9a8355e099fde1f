// What a tab takes does not grow with what it has taught.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { ask, openStudioPage } from "../../test/studio-page.ts";
import { prepareLesson, restaurantRows, train } from "../../test/taught.ts";
import { withStudio } from "../../test/with-studio.ts";

describe.skipIf(executable === undefined)("six runs in a tab", { timeout: 120_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio);
  });

  it("leave as many tensors and bytes as one, in a WebAssembly memory of the same size, and six adapters on the shelf", async () => {
    const after = [];
    for (let run = 1; run <= 6; run++) {
      await prepareLesson(page, { rows: restaurantRows, steps: 8, name: `Run ${run}`, watched: "name[Aromi]" });
      await train(page);
      after.push(await ask(page, "memory", undefined));
    }
    expect(after[0]?.heapBytes).toBeGreaterThan(8_000_000);
    expect(after.at(-1)).toEqual(after[0]);
    expect(await ask(page, "shelf", undefined)).toHaveLength(6);
  });
});
