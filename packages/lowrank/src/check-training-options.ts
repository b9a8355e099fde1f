// Checks the options of `train`: their values and names, including names of other programs and of other functions.

import { describeValue, isObject, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { trainingOptionsError } from "@lowrank/trainer/internal";
import { checkArgument } from "./check-argument.ts";
import { adapterOptions, variantOptions } from "./options/adapter-options.ts";
import { optionEntries, recipeOptions } from "./options/all-options.ts";
import { describeSchema, fits } from "./options/fits-schema.ts";
import { ourName } from "./options/other-names.ts";
import { optionNames } from "./options.ts";
import { trainingNames } from "./train/training-names.ts";

/** Options that are objects in a program and texts in a recipe. */
const objects = new Map(
  Object.entries({
    teacher: ["an opened model", isObject],
    guide: ["an opened model", isObject],
    keepCheckpoints: ["{ best: true, last: 3 }", isObject],
    reward: ["a function, or a list of { reward, weight, name }", isReward],
  } satisfies Readonly<Record<string, readonly [expected: string, fits: (value: unknown) => boolean]>>),
);

/** Throws WRONG_ARGUMENT, UNKNOWN_OPTION; TRAINING_OPTIONS that names every wrong value. */
export function checkTrainingOptions(options: { readonly validation?: unknown }): void {
  checkArgument("train", "options", options);
  checkArgument("train", "validation", options.validation);
  const others = Object.keys(options).flatMap(otherName);
  refuseUnknownOptions("train", options, trainingNames, new Map(others));
  const problems = optionEntries(options).flatMap(([name, value, { value: schema }]) => {
    const [expected, fitsObject] = objects.get(name) ?? [];
    if (fitsObject === undefined ? fits(value, schema) : fitsObject(value)) return [];
    return [`${name}: found ${describeValue(value)}, expected ${expected ?? describeSchema(schema)}`];
  });
  if (problems.length > 0) throw trainingOptionsError(problems);
}

/** A name, and ours for another program's option in any spelling, or the call that has it if `train` does not. */
function otherName(name: string): readonly (readonly [string, string])[] {
  const [flag = name, value] = ourName(name.replace(/[A-Z]/g, "-$&"))?.split(" ") ?? [];
  const ours = flag.replace(/^--/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const trainingName = Object.hasOwn(trainingNames, ours) ? ours : inProgram(ours, value);
  return trainingName === undefined ? [] : [[name, trainingName]];
}

/** Options that a program has by another name, or in a recipe alone. */
const others = new Map<string, string>([
  ...variantOptions.map(({ name, field }) => [name, `model.adapt({ ${field} })`] as const),
  ...Object.entries({ useRslora: "model.adapt({ rankStabilized })", baseName: "model.adapt({ baseModel })" }),
  ...Object.entries({ model: "openModel(model)", data: "adapter.train(data)" }),
  ...["allowUnmatchedTargets", "likePeft", "loraConfig"].map((name) => [name, `trainRecipe({ ${name} })`] as const),
]);

/** The call with an option of a recipe, or with one value of it; undefined if there is no such option. */
export function inProgram(name: string, value?: string): string | undefined {
  const field = value === undefined ? name : `${name}: "${value}"`;
  if (others.has(name)) return others.get(name);
  if (Object.hasOwn(trainingNames, name)) return `adapter.train(data, { ${field} })`;
  if (Object.hasOwn(adapterOptions.rows, name)) return `model.adapt({ ${field} })`;
  if (Object.hasOwn(optionNames.openModel, name)) return `openModel(model, { ${field} })`;
  return recipeOptions.has(name) ? `trainRecipe({ ${field} })` : undefined;
}

function isReward(value: unknown): boolean {
  if (!Array.isArray(value)) return typeof value === "function";
  return value.length > 0 && value.every((each: unknown) => isObject(each) && typeof each.reward === "function");
}
