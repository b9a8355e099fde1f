// lowrank init: writes a recipe by asking, or says what a recipe may have.

import { writeFile } from "node:fs/promises";
import { OutputExistsError } from "../../errors/output-errors.ts";
import { exists } from "../../node/exists.ts";
import { recipeSchema } from "../../recipe/recipe-schema.ts";
import { asYaml } from "../../recipe/write-recipe.ts";
import type { CommonOptions } from "../options/shared-options.ts";
import { programName } from "../terminal/program-name.ts";
import type { Report } from "../terminal/report.ts";
import { askRecipe } from "./ask-recipe.ts";

/** The options of `lowrank init`. */
export interface InitOptions extends CommonOptions {
  readonly schema?: boolean;
  readonly overwrite?: boolean;
}

/** Asks for a recipe of `train` and writes it to a file, or prints the JSON Schema of recipes. Throws OutputExistsError, UsageError. */
export async function runInit(file: string, { schema, overwrite }: InitOptions, report: Report): Promise<void> {
  if (schema === true) {
    report.io.stdout(`${JSON.stringify(recipeSchema(), null, 2)}\n`);
    return;
  }
  if (overwrite !== true && (await exists(file))) throw new OutputExistsError(file);
  const recipe = await askRecipe(report.io);
  await writeFile(file, await asYaml(recipe));
  report.say(`written to ${file}; try: ${programName(report.io)} train --recipe ${file}`);
}
