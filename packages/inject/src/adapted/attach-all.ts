// Attaches an adapter to a model's hook points: to all of them, or to none.

import type { ForwardContext } from "@lowrank/contracts";
import type { Adaptation, Detach } from "@lowrank/contracts/internal";

export interface CheckedAdapter {
  /** Name of the adapter. */
  readonly name: string;
  /** Throws if a call's adapters conflict. `replacedPath`: path of the weight that the adapter replaces here. */
  readonly checkCall: (context: ForwardContext, replacedPath?: string) => void;
}

export interface Attachable {
  attach(adapter: CheckedAdapter): Detach;
}

/** Attaches all parts. If one throws, the others are detached again, and the error is rethrown. */
export function attachAll(adapter: CheckedAdapter, parts: readonly Attachable[]): Detach {
  const detachers: Detach[] = [];
  const detachAll = () => {
    for (const detach of detachers.splice(0).reverse()) detach();
  };
  try {
    for (const part of parts) detachers.push(part.attach(adapter));
  } catch (error) {
    detachAll();
    throw error;
  }
  return detachAll;
}

// Checks each call: combinations of adapters that are not possible are refused.

/** The same adaptation with a check of each call's selection. */
export function withChecks(adaptation: Adaptation, { checkCall }: CheckedAdapter, replacedPath?: string): Adaptation {
  return {
    get variables() {
      return adaptation.variables;
    },
    lowRank(context) {
      checkCall(context, replacedPath);
      return adaptation.lowRank?.(context);
    },
    apply(call) {
      checkCall(call.context, replacedPath);
      return adaptation.apply(call);
    },
  };
}
