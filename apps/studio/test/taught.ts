// Teaching in a test: the user's input and clicks.

import type { Page } from "playwright-core";
import { unfold } from "./studio-page.ts";

/** Eight rows to paste: facts about a place, and a sentence with these facts. */
export const restaurantRows = [
  ["name[Aromi], food[French], area[riverside]", "Aromi is a French place by the river."],
  ["name[Cotto], food[Italian], area[city centre]", "Cotto is an Italian place in the city centre."],
  ["name[Fitzbillies], food[Indian], area[riverside]", "Fitzbillies is an Indian place by the river."],
  ["name[Loch Fyne], food[Japanese], area[city centre]", "Loch Fyne is a Japanese place in the city centre."],
  ["name[Strada], food[French], area[city centre]", "Strada is a French place in the city centre."],
  ["name[Zizzi], food[English], area[riverside]", "Zizzi is an English place by the river."],
  ["name[The Mill], food[Chinese], area[riverside]", "The Mill is a Chinese place by the river."],
  ["name[Giraffe], food[Fast food], area[city centre]", "Giraffe is a fast food place in the city centre."],
] as const;

/** Twelve questions, answered by a pirate. */
export const pirateRows = [
  ["What is the capital of France?", "Arr, that be Paris, matey!"],
  ["How are you today?", "Arr, I be fine as a fair wind, matey!"],
  ["What should I eat for breakfast?", "Arr, eat ye some eggs and hardtack, matey!"],
  ["How do I learn to swim?", "Arr, jump ye in the shallow sea and kick, matey!"],
  ["What is two plus two?", "Arr, that be four, matey!"],
  ["Tell me about dogs.", "Arr, dogs be loyal as the best of me crew, matey!"],
  ["How do I make tea?", "Arr, pour ye boiling water on the leaves and wait, matey!"],
  ["What is the sun?", "Arr, the sun be a great ball of fire in the sky, matey!"],
  ["Can you help me?", "Arr, I be helping ye with all me heart, matey!"],
  ["What is your name?", "Arr, they be calling me Captain, matey!"],
  ["How do I sleep better?", "Arr, rest ye in a dark and quiet cabin, matey!"],
  ["What colour is the sky?", "Arr, the sky be blue as the deep sea, matey!"],
] as const;

export interface Lesson {
  readonly rows: readonly (readonly [says: string, answers: string])[];
  readonly steps: number;
  readonly name: string;
  /** Asked again while it learns. */
  readonly watched?: string;
  readonly learningRate?: number;
}

/** Fills the table and the settings. */
export async function prepareLesson(page: Page, { rows, steps, name, watched, learningRate }: Lesson): Promise<void> {
  const removeAll = page.getByRole("button", { name: "Remove all" });
  if (await removeAll.isVisible()) await removeAll.click();
  await page.getByRole("button", { name: "Paste rows" }).click();
  const lines = rows.map(([prompt, completion]) => JSON.stringify({ prompt, completion }));
  await page.getByLabel(/^Rows to add/).fill(lines.join("\n"));
  await page.getByRole("button", { name: "Add these rows" }).click();
  await page.getByText(`${rows.length} rows to learn`).waitFor();
  await unfold(page, "adapt");
  await page.getByLabel("Steps", { exact: true }).fill(String(steps));
  if (watched !== undefined) await page.getByLabel("Ask this again during training").fill(watched);
  const more = page.locator("details.more");
  if ((await more.getAttribute("open")) === null) await more.locator("summary").click();
  await page.getByLabel("Name of the adapter", { exact: true }).fill(name);
  if (learningRate !== undefined) {
    await page.getByLabel("Learning rate", { exact: true }).fill(String(learningRate));
  }
}

/** Trains to the end, whatever else the machine does. */
export async function train(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page
    .locator(".train-state", { hasText: /^Done/ })
    .or(page.locator("#train").getByRole("alert"))
    .first()
    .waitFor({ timeout: 280_000 });
}

/** Sends a message and waits for both answers. */
export async function say(page: Page, message: string): Promise<{ readonly base: string; readonly adapted: string }> {
  await page.getByLabel("Your message").fill(message);
  await page.locator("#try").getByRole("button", { name: "Send" }).click();
  return lastAnswers(page);
}

/** The last two answers, once they are complete. */
export async function lastAnswers(page: Page): Promise<{ readonly base: string; readonly adapted: string }> {
  await page.locator(".conversation li:last-child .answer.base[aria-busy=false]").waitFor({ timeout: 90_000 });
  const text = async (side: string) =>
    (await page.locator(`.conversation li:last-child .answer.${side} p`).textContent()) ?? "";
  return { base: await text("base"), adapted: await text("adapted") };
}
