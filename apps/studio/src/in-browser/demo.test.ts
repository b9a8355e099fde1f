// The first screen's example, on its own model: one click, and the voice of the watched answer changes.

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { measureDemo } from "../../test/measure/demo-figures.ts";
import { smollm2Gguf } from "../../test/prepared.ts";
import { keepSmollm2, openStudioPage } from "../../test/studio-page.ts";
import { withStudio } from "../../test/with-studio.ts";
import { shownPresets } from "../presets/presets.ts";

describe.skipIf(executable === undefined || smollm2Gguf === undefined)("the demo", { timeout: 300_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio);
    await keepSmollm2(page, smollm2Gguf as string);
  });

  it("answers as a pirate after one click, next to the base's recorded answer", async () => {
    const { step } = await measureDemo(page);
    const [first] = shownPresets;
    expect(step).toBeLessThanOrEqual(first?.preset.training.steps ?? 0);
    const [base, newest] = await page.locator(".film-sides p").allTextContents();
    const recorded = first?.recording.examples.find(({ prompt }) => prompt === first.preset.watched);
    expect(base).toBe(recorded?.base);
    expect(newest).not.toBe(base);
  });
});
