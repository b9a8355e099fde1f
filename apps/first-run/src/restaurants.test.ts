import { expect, it } from "vitest";
import { loadRestaurants } from "./restaurants.ts";

it("measures on no input that was trained on", async () => {
  const { train, validation, references } = await loadRestaurants(0);
  const trained = new Set(train.map((example) => example.prompt));
  expect(train.length).toBeGreaterThan(4000);
  expect(validation.length).toBeGreaterThan(150);
  expect(references).toHaveLength(30);
  for (const { prompt } of [...validation, ...references]) expect(trained.has(prompt)).toBe(false);
});

it("splits the same way for the same seed", async () => {
  const [first, second] = await Promise.all([loadRestaurants(3), loadRestaurants(3)]);
  expect(second.validation).toEqual(first.validation);
});
