// Attaches an adapter to a model's hook points: to all of them, or to none.

import type { Adaptation, Detach, ForwardContext } from "@lowrank/contracts";

export interface Opener {
  /** Name of the adapter. */
  readonly name: string;
  /** Throws if a call selects adapters that cannot act together. `ownPath`: a weight that the adapter replaces. */
  readonly checkCall: (context: ForwardContext, ownPath?: string) => void;
}

export interface HookPoint {
  open(opener: Opener): Detach;
}

/** Attaches all parts. If one hook point throws, the others are detached again, and the error is rethrown. */
export function openHookPoints(opener: Opener, parts: readonly HookPoint[]): Detach {
  const closers: Detach[] = [];
  const closeAll = () => {
    for (const close of closers.splice(0).reverse()) close();
  };
  try {
    for (const part of parts) closers.push(part.open(opener));
  } catch (error) {
    closeAll();
    throw error;
  }
  return closeAll;
}

// Checks each call: combinations of adapters that are not possible are refused.

/** The same adaptation with a check of each call's selection. `ownPath`: a weight that the adapter replaces, if there is one. */
export function withCallsChecked(adaptation: Adaptation, { checkCall }: Opener, ownPath?: string): Adaptation {
  return {
    get variables() {
      return adaptation.variables;
    },
    lowRank(context) {
      checkCall(context, ownPath);
      return adaptation.lowRank?.(context);
    },
    apply(call) {
      checkCall(call.context, ownPath);
      return adaptation.apply(call);
    },
  };
}
