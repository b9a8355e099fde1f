// The layers of a plan whose weights are matrices between inputs and outputs: those that data can be measured at.

import type { AdaptableModel, Site } from "@lowrank/contracts";
import { StalePlanError } from "../errors/errors.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";

/** @throws StalePlanError */
export function linearSites(model: AdaptableModel, plan: InjectionPlan): readonly Site[] {
  const sites = new Map(model.sites().map((site) => [site.path, site]));
  const linear = partsOf(plan, "site").filter(({ kind }) => kind === "linear");
  const missing = linear.filter(({ path }) => !sites.has(path));
  if (missing.length) throw new StalePlanError(missing.map(({ path }) => path));
  return linear.map(({ path }) => sites.get(path)!);
}
