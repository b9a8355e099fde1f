import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RecipeError } from "../errors/usage-errors.ts";
import { readRecipe } from "./read-recipe.ts";

it.each([
  ["lists in a line", "- ".repeat(5000), /nested deeper than 100/],
  ["lists that a line ends", `${"- ".repeat(50_000)}\na: 1`, /nested deeper than 100/],
  ["mappings that a line ends", `${"? ".repeat(50_000)}\na: 1`, /nested deeper than 100/],
  ["brackets", "[".repeat(50_000), /nested deeper than 100/],
  ["a list in itself", "a: &a [*a]", /circular/],
])("refuses %s without end, in words", async (_, text, message) => {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-recipe-"));
  try {
    const file = join(folder, "deep.yaml");
    await writeFile(file, text);
    const error = await readRecipe(file).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(RecipeError);
    expect(String(error)).toMatch(message);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
