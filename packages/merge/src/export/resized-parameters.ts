// Which weights have another size than in the base's files, because the model has more tokens or fewer.

import { parametersOf } from "@lowrank/contracts/families/checkpoint";
import type { ExportableModel } from "./exportable-model.ts";

/** Paths of every parameter that has a row, or a number, for each token; none if the vocabulary is the files' own. */
export function resizedParameters({ config, task, resizedFrom }: ExportableModel): readonly string[] {
  if (resizedFrom === undefined) return [];
  const oneMore = parametersOf({ ...config, vocabularySize: config.vocabularySize + 1 }, task);
  const shapes = new Map(oneMore.map(({ path, shape }) => [path, shape.join()]));
  return parametersOf(config, task).flatMap(({ path, shape }) => (shapes.get(path) === shape.join() ? [] : [path]));
}
