// Tensors of a file that are not in a plan.

import { type Adapter, parseTensorKey } from "@lowrank/adapter-format";
import type { TensorKey } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Warning } from "@lowrank/contracts";
import { printable } from "@lowrank/contracts/internal";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";
import { nearestPaths } from "../errors/nearest-names.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { lostBiases, oldNamesOf } from "./lost-biases.ts";
import { neededShapes } from "./needed-tensors.ts";

/** Number of unknown paths with suggestions: a search takes time, and a foreign file may have a million paths. */
const suggestionsFor = 4;

/** Invalid names, modules that are not in the model, and parts that the configuration does not use. */
export function findUnexpected(
  plan: InjectionPlan,
  model: AdaptableModel,
  adapter: Adapter,
): readonly AdapterProblem[] {
  const needed = neededShapes(plan);
  const copies = new Set(
    partsOf(plan, "whole-parameter").flatMap(({ copyKeys = [], idleKey }) => [
      ...copyKeys,
      ...(idleKey === undefined ? [] : [idleKey]),
    ]),
  );
  const skipped = oldNamesOf(lostBiases(plan, adapter));
  const paths = model.sites().map((site) => site.path);
  const sitePaths = new Set(paths);
  let suggested = 0;
  return [...adapter.tensors.keys()].flatMap((key): AdapterProblem[] => {
    if (needed.has(key) || copies.has(key) || skipped.has(key)) return [];
    const parsed = parseTensorKey(key);
    if (!parsed) return [{ kind: "unsupported", key, reason: "this is not a tensor name of PEFT's LoRA files" }];
    const { path, part } = parsed;
    const leftOut = model.partsLeftOut?.find((name) => path.includes(name));
    if (leftOut !== undefined) {
      const reason = `"${leftOut.replace(/\.$/, "")}" is a part of this model that is not supported; only its text model is`;
      return [{ kind: "unsupported", key, reason }];
    }
    if (isUnusedBaseWeight(parsed, sitePaths)) return [];
    if (part === "base_layer" || part === "saved") {
      const reason =
        part === "saved" ? "modules_to_save does not name it" : "weights of the base in an adapter are not supported";
      return [{ kind: "unsupported", key, reason }];
    }
    if (sitePaths.has(path)) return [{ kind: "not-targeted", key, path }];
    const nearest = suggested++ < suggestionsFor ? nearestPaths(path, paths) : [];
    return [{ kind: "unknown-path", key, path, nearest }];
  });
}

/** PEFT also stores the weight of an embedding or head that only another adapter of the same model targets. */
function isUnusedBaseWeight({ part, path, parameter }: TensorKey, sitePaths: ReadonlySet<string>): boolean {
  return part === "base_layer" && parameter === "weight" && sitePaths.has(path);
}

/** PEFT's copies of weights that the adapter does not need. */
export function unusedBaseWeights(
  plan: InjectionPlan,
  model: AdaptableModel,
  { tensors }: Adapter,
): readonly Warning[] {
  const needed = neededShapes(plan);
  const sitePaths = new Set(model.sites().map(({ path }) => path));
  return [...tensors.keys()].flatMap((key) => {
    const parsed = parseTensorKey(key);
    if (needed.has(key) || !parsed || !isUnusedBaseWeight(parsed, sitePaths)) return [];
    const message = `${printable(key)} is a weight of the base model that this adapter does not target; the base model's own value is used.`;
    return [{ code: "BASE_WEIGHT_UNUSED", message }];
  });
}
