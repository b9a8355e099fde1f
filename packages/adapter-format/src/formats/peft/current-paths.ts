// Adapters of text models inside models with images (Gemma 3), from before transformers 4.52 moved them: "language_model.model."
// became "model.language_model.", and the head came out. PEFT reads them by transformers' own renamings, conversion_mapping.py.

import type { Adapter } from "../../adapter.ts";

const moved = [
  ["language_model.model.", "model.language_model."],
  ["language_model.lm_head", "lm_head"],
] as const;

/**
 * The adapter under the names that the model's modules have now; as it is where it has no older ones.
 *
 * @param modulePaths of the model.
 */
export function withCurrentPaths(adapter: Adapter, modulePaths: readonly string[]): Adapter {
  const isOld = (path: string) => moved.some(([before]) => path.startsWith(before));
  const hasMoved = modulePaths.some((path) => path.startsWith(moved[0][1])) && !modulePaths.some(isOld);
  if (!hasMoved || ![...adapter.tensors.keys()].some(isOld)) return adapter;
  const { targetModules } = adapter.config;
  return {
    ...adapter,
    tensors: new Map([...adapter.tensors].map(([key, tensor]) => [currentPath(key), tensor])),
    // A pattern on whole paths is left: PEFT leaves it, too.
    config:
      typeof targetModules === "string" || targetModules === null
        ? adapter.config
        : { ...adapter.config, targetModules: targetModules.map(currentPath) },
  };
}

function currentPath(path: string): string {
  const [before, after] = moved.find(([start]) => path.startsWith(start)) ?? ["", ""];
  return after + path.slice(before.length);
}
