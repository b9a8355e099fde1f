// The real model in a tab: SmolLM2-135M from its 4-bit GGUF file, taught by a few rows. That it takes on their voice demo.test.ts shows.

import { expectClose, largestMagnitude } from "@lowrank/testing";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import { inspectState } from "../../test/inspect-state.ts";
import { logitsInNode } from "../../test/logits-in-node.ts";
import { logitsInPeft } from "../../test/logits-in-peft.ts";
import { pythonWithPeft, smollm2Folder, smollm2Gguf } from "../../test/prepared.ts";
import { ask, downloadAdapter, logits, openSmollm2, openStudioPage } from "../../test/studio-page.ts";
import { pirateRows, prepareLesson, say, train } from "../../test/taught.ts";
import { withStudio } from "../../test/with-studio.ts";

/** What <|im_start|>, "user" and what follows are to this tokenizer does not matter here. */
const inputIds = [1, 4093, 198, 2020, 314, 260];

describe.skipIf(executable === undefined || smollm2Gguf === undefined)("SmolLM2 in a tab", { timeout: 300_000 }, () => {
  let page: Page;

  withStudio(async (studio) => {
    page = await openStudioPage(studio, { isolated: true });
  });

  it("learns chat rows: the loss falls", async () => {
    await openSmollm2(page, smollm2Gguf as string);
    await prepareLesson(page, { rows: pirateRows, steps: 5, name: "Pirate", learningRate: 0.003 });
    await page.getByLabel("Rows per step").fill("2");
    await train(page);
    const [entry] = await ask(page, "shelf", undefined);
    const losses = (entry?.curve ?? []).map(([, loss]) => loss);
    expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
  });

  it("answers as the base and as the adapter, differing words marked", async () => {
    await page.getByText("Generation settings").click();
    await page.getByLabel("Maximum length of an answer, in tokens").fill("24");
    const { base, adapted } = await say(page, "How do I boil an egg?");
    expect(adapted).not.toBe(base);
    await page.locator(".answer.adapted mark").first().waitFor({ timeout: 60_000 });
    expect(await inspectState(page, "9-smollm2")).toEqual([]);
  });

  it("hands out an adapter with equal logits in Node and in PEFT", async () => {
    const zip = await downloadAdapter(page);
    const [entry] = await ask(page, "shelf", undefined);
    const inBrowser = await logits(page, { inputIds, adapter: entry?.id });
    const adapter = { model: smollm2Gguf as string, zip, inputIds };
    expectClose(await logitsInNode(adapter), inBrowser, 1e-4, "in Node");
    if (pythonWithPeft === undefined || smollm2Folder === undefined) return;
    const inPeft = await logitsInPeft(pythonWithPeft, { ...adapter, model: smollm2Folder });
    // WebAssembly's products (XNNPACK) add up to 1536 numbers in one float32, one after the other: of logits up to 33 that lost
    // 2e-4 to 6e-4, from adapter to adapter. PyTorch's own float32 lost 6e-5, plain JavaScript, which adds in float64, 2e-5.
    expectClose(await logitsInNode(adapter, ["cpu"]), inPeft, 1e-4, "on plain JavaScript, beside PEFT");
    expectClose(inBrowser, inPeft, 3e-5 * largestMagnitude(inPeft), "in the tab, beside PEFT");
  });
});
