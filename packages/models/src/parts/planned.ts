// Parts of a decoder that can be written into a plan of its next tokens, for engines that compute such a plan in a few calls.

import type { ForwardContext } from "@lowrank/contracts";
import type { LinearSite } from "@lowrank/engine/hook-points";
import type { StepPlan, StepValue } from "@lowrank/engine/internal";

/** Adds a part's computation to a plan and returns its result; refuses the plan if the part cannot be planned. */
export type PartPlan = (x: StepValue, plan: StepPlan, context: ForwardContext) => StepValue;

export interface Planned {
  readonly plan?: PartPlan | undefined;
}

export function planned<Part extends object>(part: Part, plan: PartPlan): Part & { readonly plan: PartPlan } {
  return Object.assign(part, { plan });
}

/** The part's own plan, or a refusal. */
export function planOf(part: Planned): PartPlan {
  return (x, plan, context) => part.plan?.(x, plan, context) ?? plan.refuse("a part has no plan");
}

/** x·W + b, plus the low-rank updates of the adapters */
export function planLinear(site: LinearSite): PartPlan {
  return (x, plan, context) => {
    const parts = site.lowRankParts(context);
    if (parts === undefined) return plan.refuse(`${site.path} has more than A and B as adapter`);
    const product = plan.linear(x, parts.weight, parts.bias);
    return parts.branches.reduce((output, branch) => plan.addLowRank(x, output, branch), product);
  };
}
