import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RecipeError } from "../errors/usage-errors.ts";
import { readRecipe } from "./read-recipe.ts";

it("refuses lists in lists without end, in words", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lowrank-recipe-"));
  try {
    const file = join(folder, "deep.yaml");
    for (const text of ["- ".repeat(5000), "[".repeat(50_000)]) {
      await writeFile(file, text);
      const error = await readRecipe(file).catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(RecipeError);
      expect(String(error)).toMatch(/nested deeper than 100/);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
